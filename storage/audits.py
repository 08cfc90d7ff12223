"""Audits: what people said of posts. Labels given blind in the queue of a draw, and corrections made on a page.

A label of the queue carries the inclusion probability of its draw and enters estimates. A correction ("this is
wrong", given beside the model's answer) was chosen by somebody: its inclusion probability is null, and it never does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import upsert
from storage.errors import BadCoder, NotDrawn
from storage.frames import read_frame
from storage.keys import Key
from storage.records import Adjudication, Audit, Stance
from storage.tables import adjudications, drawn_posts, draws, posts
from storage.tables import audits as table

LONGEST_CODER = 64


@dataclass(frozen=True, slots=True)
class QueuedPost:
    """A drawn post as a coder may see it: nothing of what the model says of it.

    `text` as stored; "" where it was purged. `skipped`: this coder put it off before.
    """

    source: str
    native_id: str
    target: str
    text: str
    posted_at: dt.datetime
    language: str
    skipped: bool


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How far a coder is: `drawn` posts in all, `labelled` by this coder ("cannot tell" included), `skipped`."""

    drawn: int
    labelled: int
    skipped: int


def next_post(c: Connection, target: str, coder: str, overlap: int | None = None) -> QueuedPost | None:
    """The drawn post of `target` that `coder` is to label next; None where the queue is empty.

    Oldest draw first, then the random order of the draw; what the coder skipped comes at the end, the earliest skip
    first. Every coder gets every post; with `overlap`, only the first `overlap` places of each draw, and of the rest
    what nobody has labelled yet. Deleted posts and posts without text are left out. BadCoder for an empty name.
    """
    mine = _answers(checked_coder(coder))
    waiting = _queue(target).join(mine, _same_post(mine), isouter=True)
    query = (
        sa.select(
            posts.c.source,
            posts.c.native_id,
            posts.c.text,
            posts.c.posted_at,
            posts.c.language,
            mine.c.coder.is_not(None).label("skipped"),
        )
        .select_from(waiting)
        .where(draws.c.target == target, posts.c.deleted_at.is_(None), posts.c.text != "")
        .where(sa.or_(mine.c.coder.is_(None), mine.c.labelled_at.is_(None)))
        .order_by(mine.c.drawn_at.is_not(None), mine.c.drawn_at, draws.c.id, drawn_posts.c.place)
        .limit(1)
    )
    if overlap is not None:
        query = query.where(sa.or_(drawn_posts.c.place < overlap, ~_labelled_by_others(target, coder)))
    row = c.execute(query).one_or_none()
    if row is None:
        return None
    return QueuedPost(row.source, row.native_id, target, row.text, row.posted_at, row.language, bool(row.skipped))


def queue_counts(c: Connection, target: str, coder: str) -> QueueCounts:
    """How many posts of this target's draws there are, and how many this coder has labelled and skipped."""
    mine = _answers(checked_coder(coder))
    joined = _queue(target).join(mine, _same_post(mine), isouter=True)
    drawn = (drawn_posts.c.source, drawn_posts.c.native_id, mine.c.coder, mine.c.labelled_at)
    one = sa.select(*drawn).select_from(joined).where(draws.c.target == target).distinct().subquery()
    query = sa.select(
        sa.func.count(),
        sa.func.count(one.c.labelled_at),
        sa.func.count(sa.case((one.c.labelled_at.is_(None), one.c.coder))),
    )
    return QueueCounts(*c.execute(query).one())


def save_label(
    c: Connection, target: str, post: Key, coder: str, label: Stance | None, at: dt.datetime | None = None
) -> Audit:
    """Keep what `coder` says of a drawn post, given without having seen the model's answer.

    `post`: (source, native_id). `label` None: the coder cannot tell. A second answer of the same coder replaces the
    first. NotDrawn where the post belongs to no draw of this target, BadCoder for an empty name.
    """
    now = at or dt.datetime.now(dt.UTC)
    audit = Audit(*post, target, checked_coder(coder), label, _probability(c, target, post), now, now)
    upsert_audits(c, [audit])
    return audit


def skip_post(c: Connection, target: str, post: Key, coder: str, at: dt.datetime | None = None) -> None:
    """Put a drawn post off: it comes back to this coder after all others. What was labelled stays labelled."""
    probability = _probability(c, target, post)
    current = _own(c, target, post, checked_coder(coder))
    if current is None or current.labelled_at is None or current.inclusion_probability is None:
        upsert_audits(c, [Audit(*post, target, coder, None, probability, at or dt.datetime.now(dt.UTC))])


def undo_label(c: Connection, target: str, coder: str) -> Audit | None:
    """Take back the last label or skip of this coder, so that its post is again in the queue; None where there is none.

    Corrections are left alone. Gives back what was taken back.
    """
    when = sa.func.coalesce(table.c.labelled_at, table.c.drawn_at)
    own = (table.c.target == target) & (table.c.coder == checked_coder(coder))
    query = sa.select(table).where(own, table.c.inclusion_probability.is_not(None))
    row = c.execute(query.order_by(when.desc(), table.c.source, table.c.native_id).limit(1)).mappings().one_or_none()
    if row is None:
        return None
    audit = Audit(**row)
    c.execute(sa.delete(table).where(_is(target, (audit.source, audit.native_id), coder)))
    return audit


def save_correction(
    c: Connection, target: str, post: Key, coder: str, label: Stance | None, at: dt.datetime | None = None
) -> Audit:
    """Keep that somebody calls the model's answer to a post wrong: a purposive label, which never enters estimates.

    What the same coder said blind, of a drawn post, is worth more and stays; it is then given back. Otherwise the
    last correction counts. NotDrawn where no such post is stored, BadCoder for an empty name.
    """
    current = _own(c, target, post, checked_coder(coder))
    if current is not None and current.inclusion_probability is not None and current.labelled_at is not None:
        return current
    stored = sa.select(posts.c.source).where(posts.c.source == post[0], posts.c.native_id == post[1])
    if c.execute(stored).scalar() is None:
        raise NotDrawn(f"there is no post {post[0]}/{post[1]}; a label needs a post that is stored")
    now = at or dt.datetime.now(dt.UTC)
    audit = Audit(*post, target, coder, label, None, now, now)
    upsert_audits(c, [audit])
    return audit


def corrections(c: Connection, coder: str, keys: Iterable[Key]) -> dict[tuple[str, str, str], Stance]:
    """What a coder called the model's answer to these posts instead: source, native_id, target → stance."""
    columns = (table.c.source, table.c.native_id, table.c.target, table.c.label)
    own = (table.c.coder == coder) & table.c.inclusion_probability.is_(None) & table.c.label.is_not(None)
    of_posts = sa.tuple_(table.c.source, table.c.native_id).in_(list(keys))
    found = c.execute(sa.select(*columns).where(own, of_posts))
    return {(source, native_id, target): label for source, native_id, target, label in found}


def upsert_audits(c: Connection, audits: Iterable[Audit]) -> None:
    """Write audits by post, target and coder. A post that is not stored raises the database's IntegrityError."""
    upsert(c, table, [asdict(audit) for audit in audits])


def audit_frame(c: Connection, target: str | None = None) -> pl.DataFrame:
    """Audits as a frame with the columns of `Audit`, ordered by target, source, native_id, coder.

    label is null where the coder has not answered (labelled_at null: put off) or could not tell;
    inclusion_probability, the author's when the label was given, is null for a correction.
    """
    query = sa.select(table)
    if target is not None:
        query = query.where(table.c.target == target)
    return read_frame(c, query).sort("target", "source", "native_id", "coder")


def save_adjudications(c: Connection, settled: Iterable[Adjudication]) -> None:
    """Write what was settled, by post and target; the last decision counts."""
    upsert(c, adjudications, [asdict(replace(one, decided_by=checked_coder(one.decided_by))) for one in settled])


def adjudication_frame(c: Connection, target: str | None = None) -> pl.DataFrame:
    """What was settled, with the columns of `Adjudication`, ordered by target, source, native_id."""
    query = sa.select(adjudications)
    if target is not None:
        query = query.where(adjudications.c.target == target)
    return read_frame(c, query).sort("target", "source", "native_id")


def checked_coder(name: str) -> str:
    """The name of a coder. BadCoder where it is empty, longer than 64 characters, or padded with space."""
    if not name or name != name.strip() or len(name) > LONGEST_CODER:
        raise BadCoder(
            f"the coder's name {name[:80]!r} is not usable: give 1 to {LONGEST_CODER} characters, for example aigerim"
        )
    return name


def _queue(target: str) -> sa.Join:
    """The posts of every draw of this target."""
    of_post = (posts.c.source == drawn_posts.c.source) & (posts.c.native_id == drawn_posts.c.native_id)
    return draws.join(drawn_posts, (drawn_posts.c.draw == draws.c.id) & (draws.c.target == target)).join(posts, of_post)


def _answers(coder: str) -> sa.Subquery:
    """What one coder said in the queue; corrections are not part of it."""
    return (
        sa.select(table).where(table.c.coder == coder, table.c.inclusion_probability.is_not(None)).subquery("answers")
    )


def _same_post(answers: sa.Subquery) -> sa.ColumnElement[bool]:
    return (
        (answers.c.source == drawn_posts.c.source)
        & (answers.c.native_id == drawn_posts.c.native_id)
        & (answers.c.target == draws.c.target)
    )


def _labelled_by_others(target: str, coder: str) -> sa.ColumnElement[bool]:
    other = table.alias()
    return sa.exists().where(
        other.c.source == drawn_posts.c.source,
        other.c.native_id == drawn_posts.c.native_id,
        other.c.target == target,
        other.c.coder != coder,
        other.c.inclusion_probability.is_not(None),
        other.c.labelled_at.is_not(None),
    )


def _is(target: str, post: Key, coder: str) -> Any:
    return (
        (table.c.target == target)
        & (table.c.source == post[0])
        & (table.c.native_id == post[1])
        & (table.c.coder == coder)
    )


def _own(c: Connection, target: str, post: Key, coder: str) -> Audit | None:
    row = c.execute(sa.select(table).where(_is(target, post, coder))).mappings().one_or_none()
    return None if row is None else Audit(**row)


def _probability(c: Connection, target: str, post: Key) -> float:
    """The inclusion probability of a drawn post's author, in the oldest draw that holds it."""
    query = (
        sa.select(drawn_posts.c.inclusion_probability)
        .select_from(draws.join(drawn_posts, drawn_posts.c.draw == draws.c.id))
        .where(draws.c.target == target, drawn_posts.c.source == post[0], drawn_posts.c.native_id == post[1])
        .order_by(draws.c.id)
        .limit(1)
    )
    found = c.execute(query).scalar()
    if found is None:
        raise NotDrawn(
            f"the post {post[0]}/{post[1]} belongs to no draw for {target}: draw first (pikir audit draw), or store "
            "what you think of a post of your own choice as a correction"
        )
    return float(found)
