"""The posts behind a figure: found by what was read in them, by time, place and words; newest first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.keys import conditions
from storage.records import Opinion, Stance, Voice
from storage.tables import opinions, posts, sources
from storage.types import from_microseconds, to_microseconds
from storage.words import Term, fts5, terms, tsquery

_post_words = sa.table("post_words", sa.column("revision"), sa.column("words"))
_OPINION_FIELDS = (
    "source", "native_id", "target", "model", "p_against", "p_neutral", "p_favor", "stance", "start", "end",
    "surface", "narratives",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for. None or "" asks for nothing; starts <= posted_at < ends.

    `model`: whose reading counts. There is no search by author: pikir tells how many hold a view, never who.
    """

    model: str
    target: str | None = None
    stance: Stance | None = None
    narrative: str | None = None
    source: str | None = None
    language: str | None = None
    region: str | None = None
    voice: Voice | None = None
    starts: dt.datetime | None = None
    ends: dt.datetime | None = None
    words: str = ""

    @property
    def terms(self) -> list[Term]:
        """The words that are searched."""
        return terms(self.words)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A post and what the model reads in it. `place` continues the list after this post."""

    source: str
    native_id: str
    posted_at: dt.datetime
    text: str
    author: str
    voice: Voice
    thread: str
    language: str
    edited_at: dt.datetime | None
    views: int | None
    revision: int
    opinions: tuple[Opinion, ...] = ()

    @property
    def place(self) -> str:
        """Where the list goes on after this post."""
        return f"{to_microseconds(self.posted_at)}.{self.revision}"


_FIELDS = tuple(name for name in Evidence.__slots__ if name != "opinions")


def find_posts(c: Connection, wanted: Wanted, *, limit: int = 50, after: str = "") -> list[Evidence]:
    """At most `limit` posts, newest first, from the one after the place `after`; deleted posts are left out.

    ValueError where `after` is no place that an earlier list gave.
    """
    query = _selected(c, wanted, [posts.c[name] for name in _FIELDS])
    if after:
        moment, revision = _place(after)
        query = query.where(posts.c.posted_at <= moment, (posts.c.posted_at < moment) | (posts.c.revision < revision))
    query = query.order_by(posts.c.posted_at.desc(), posts.c.revision.desc()).limit(limit)
    return _with_opinions(c, [Evidence(*row) for row in c.execute(query)], wanted.model)


def count_found(c: Connection, wanted: Wanted, *, most: int = 10_000) -> int:
    """How many posts there are to find; counting stops one above `most`."""
    query = _selected(c, wanted, [posts.c.revision]).limit(most + 1).subquery()
    return int(c.execute(sa.select(sa.func.count()).select_from(query)).scalar_one())


def one_post(c: Connection, source: str, native_id: str, model: str) -> Evidence | None:
    """One post by its key, with what the model reads in it; None where it is not stored or was deleted."""
    query = sa.select(*(posts.c[name] for name in _FIELDS)).where(
        posts.c.source == source, posts.c.native_id == native_id, posts.c.deleted_at.is_(None)
    )
    found = _with_opinions(c, [Evidence(*row) for row in c.execute(query)], model)
    return found[0] if found else None


def _selected(c: Connection, wanted: Wanted, columns: list[sa.ColumnElement[object]]) -> sa.Select[tuple[object, ...]]:
    query = sa.select(*columns).where(posts.c.deleted_at.is_(None))
    if wanted.target or wanted.stance or wanted.narrative:
        joined = posts.join(
            opinions, (opinions.c.source == posts.c.source) & (opinions.c.native_id == posts.c.native_id)
        )
        query = query.select_from(joined).where(opinions.c.model == wanted.model)
        # One reading of a post is enough, whichever target it is of: a post is listed once.
        query = query.where(opinions.c.target == wanted.target) if wanted.target else query.distinct()
        if wanted.stance:
            query = query.where(opinions.c.stance == wanted.stance)
        if wanted.narrative:
            listed = sa.type_coerce(opinions.c.narratives, sa.Text)
            query = query.where(listed.contains(f'"{wanted.narrative}"', autoescape=True))
    for name in ("source", "language", "voice"):
        if value := getattr(wanted, name):
            query = query.where(posts.c[name] == value)
    if wanted.region:
        query = query.where(posts.c.source.in_(sa.select(sources.c.source).where(sources.c.region == wanted.region)))
    if wanted.starts:
        query = query.where(posts.c.posted_at >= wanted.starts)
    if wanted.ends:
        query = query.where(posts.c.posted_at < wanted.ends)
    return query.where(_said(c, wanted)) if wanted.words.strip() else query


def _said(c: Connection, wanted: Wanted) -> sa.ColumnElement[bool]:
    """Whether a post says the words. Words without a letter or digit are found nowhere."""
    if c.dialect.name == "postgresql":
        query = tsquery(wanted.terms)
        matching = sa.func.to_tsquery("simple", query)
        found = sa.select(_post_words.c.revision).where(_post_words.c.words.op("@@")(matching))
    else:
        query = fts5(wanted.terms)
        found = sa.select(sa.literal_column("rowid")).select_from(_post_words)
        found = found.where(sa.text("post_words MATCH :said").bindparams(said=query))
    return posts.c.revision.in_(found) if query else sa.false()


def _with_opinions(c: Connection, found: list[Evidence], model: str) -> list[Evidence]:
    read: dict[tuple[str, str], list[Opinion]] = {}
    columns = [opinions.c[name] for name in _OPINION_FIELDS]
    for condition in conditions(opinions, ((one.source, one.native_id) for one in found)):
        for row in c.execute(sa.select(*columns).where(condition, opinions.c.model == model)):
            read.setdefault((row.source, row.native_id), []).append(Opinion(*row))
    return [
        replace(one, opinions=tuple(sorted(read.get((one.source, one.native_id), ()), key=lambda o: o.target)))
        for one in found
    ]


def _place(after: str) -> tuple[dt.datetime, int]:
    moment, _, revision = after.partition(".")
    try:
        return from_microseconds(int(moment)), int(revision)
    except (ValueError, OverflowError):
        raise ValueError(f"{after!r} is no place in a list; take `next` of the list before") from None
