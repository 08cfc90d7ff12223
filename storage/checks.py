"""What must hold in every database of pikir, checked on the rows that are there. Nothing is mended here.

A check gives the breaches that it found, in words; none is well. Shares that recompute are checked in `flows.verify`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.counters import read_counter
from storage.cursors import cursors
from storage.forgotten import count_returned
from storage.migrations import HEAD, schema_version
from storage.records import STANCES
from storage.tables import alerts, deliveries, draws, metadata, moves, opinions, posts, rejected, shares

_TOLERANCE = 1e-3
_PIECE = 10_000
_PSEUDONYM = re.compile(r"[0-9a-f]{22}")


def schema(c: Connection) -> Iterator[str]:
    """The schema is the one of this program."""
    if (found := schema_version(c)) != HEAD:
        yield f"the schema has version {found}, this program's is {HEAD}"


def engine(c: Connection) -> Iterator[str]:
    """SQLite finds its own file whole. PostgreSQL looks after its files itself."""
    if c.dialect.name == "sqlite":
        rows = c.exec_driver_sql("PRAGMA quick_check(10)").scalars().all()
        yield from (row for row in rows if row != "ok")


def references(c: Connection) -> Iterator[str]:
    """Every opinion, label and drawn post has its post, every delivery its alert, every session its user."""
    for table in metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            parent = constraint.referred_table.alias("parent")
            pairs = [(one.parent, parent.c[one.column.name]) for one in constraint.elements]
            first = pairs[0][1]
            joined = table.join(parent, sa.and_(*(mine == theirs for mine, theirs in pairs)), isouter=True)
            given = sa.and_(*(mine.is_not(None) for mine, _ in pairs))
            lone = sa.select(sa.func.count()).select_from(joined).where(given, first.is_(None))
            if n := c.execute(lone).scalar_one():
                yield f"{n} rows of {table.name} name no row of {constraint.referred_table.name}"


def keys(c: Connection) -> Iterator[str]:
    """No key is there twice, and no two posts have one revision."""
    for table in metadata.sorted_tables:
        if n := _repeated(c, [table.c[column.name] for column in table.primary_key]):
            yield f"{n} keys of {table.name} are there more than once"
    if n := _repeated(c, [posts.c.revision]):
        yield f"{n} revisions belong to more than one post"


def counters(c: Connection) -> Iterator[str]:
    """No number was used that its counter has not given out."""
    used = {
        "revision": max(_largest(c, posts.c.revision), _largest(c, moves.c.revision)),
        "alert": _largest(c, alerts.c.id),
        "draw": _largest(c, draws.c.id),
    }
    for name, largest in used.items():
        given = read_counter(c, name)  # type: ignore[arg-type]
        if largest > given:
            yield f"the counter {name} stands at {given}, but {largest} is in use"


def positions(c: Connection) -> Iterator[str]:
    """No stage believes to have read further than the data, and estimation no further than annotation."""
    last = read_counter(c, "revision")
    read: dict[str, int] = {}
    for cursor in cursors(c):
        stage, _, rest = cursor.name.removeprefix("beside:").partition(":")
        if stage not in ("annotate", "coverage", "estimate"):
            continue
        try:
            at = int(json.loads(cursor.position)["revision"] if stage == "estimate" else cursor.position)
        except (ValueError, TypeError, KeyError):
            yield f"the cursor {cursor.name} is not readable: {cursor.position[:60]!r}"
            continue
        if stage == "annotate":
            read[rest] = at
        if at > last:
            yield f"the cursor {cursor.name} stands at {at}, the data end at {last}"
        elif stage == "estimate" and at > read.get(rest.rpartition(":")[0], at):
            yield f"the cursor {cursor.name} stands at {at}, before its posts were annotated"


def readings(c: Connection) -> Iterator[str]:
    """Probabilities of an opinion lie in [0, 1] and sum to 1, and its stance is one that there is."""
    p = [opinions.c.p_against, opinions.c.p_neutral, opinions.c.p_favor]
    total = p[0] + p[1] + p[2]
    wrong = sa.or_(total < 1 - _TOLERANCE, total > 1 + _TOLERANCE, *(one < 0 for one in p), *(one > 1 for one in p))
    if n := _count(c, opinions, wrong):
        yield f"{n} opinions have probabilities that do not sum to 1"
    if n := _count(c, opinions, opinions.c.stance.not_in(STANCES)):
        yield f"{n} opinions have a stance that there is none of"


def intervals(c: Connection) -> Iterator[str]:
    """Shares lie in [0, 1], within their own interval."""
    low, share, high = shares.c.low, shares.c.share, shares.c.high
    wrong = sa.or_(low < 0, high > 1, low > share, share > high)
    if n := _count(c, shares, wrong):
        yield f"{n} shares lie outside of their interval, or it outside of [0, 1]"


def words(c: Connection) -> Iterator[str]:
    """The full-text index holds every post with a text, and nothing else."""
    indexed = sa.table("post_words_docsize", sa.column("id")) if c.dialect.name == "sqlite" else None
    number = indexed.c.id if indexed is not None else sa.table("post_words", sa.column("revision")).c.revision
    texts = sa.select(posts.c.revision).where(posts.c.text != "")
    missing = texts.except_(sa.select(number)).subquery()
    stale = sa.select(number).except_(texts).subquery()
    if n := c.execute(sa.select(sa.func.count()).select_from(missing)).scalar_one():
        yield f"{n} posts cannot be found by their words"
    if n := c.execute(sa.select(sa.func.count()).select_from(stale)).scalar_one():
        yield f"{n} entries of the index belong to no post with a text"


def aside(c: Connection) -> Iterator[str]:
    """What was set aside has its place and its reason."""
    if n := _count(c, rejected, sa.or_(rejected.c.place == "", rejected.c.reason == "")):
        yield f"{n} records were set aside without a place or a reason"


def sent(c: Connection) -> Iterator[str]:
    """A message that was delivered was attempted, and is not given up as well."""
    wrong = deliveries.c.delivered_at.is_not(None) & (deliveries.c.dead_at.is_not(None) | (deliveries.c.attempts < 1))
    if n := _count(c, deliveries, wrong):
        yield f"{n} messages are both delivered and given up, or were delivered without an attempt"


def returned(c: Connection) -> Iterator[str]:
    """What was forgotten by request has not come back."""
    if n := count_returned(c):
        yield f"{n} posts are there although they or their author were forgotten"


def raw_authors(c: Connection) -> Iterator[str]:
    """Every author is a pseudonym or nobody. Told is how many are not, never which."""
    names = c.execute(sa.select(posts.c.author).distinct(), execution_options={"yield_per": _PIECE}).scalars()
    if raw := sum(bool(name) and not _PSEUDONYM.fullmatch(name) for name in names):
        yield f"{raw} authors are no pseudonyms: raw ids or names"


def contact_data(c: Connection, mask: Callable[[str], str]) -> Iterator[str]:
    """`mask` finds nothing to mask in any text, in any excerpt of a record set aside, and in any quote of an alert."""
    for what, column in (("texts", posts.c.text), ("excerpts of records set aside", rejected.c.excerpt)):
        texts = c.execute(sa.select(column).where(column != ""), execution_options={"yield_per": _PIECE}).scalars()
        if n := sum(mask(text) != text for text in texts):
            yield f"{n} {what} hold contact data"
    told = c.execute(sa.select(alerts.c.explanation)).scalars()
    quotes = (str(one.get("text", "")) for why in told for one in why.get("typical_posts") or [])
    if n := sum(mask(text) != text for text in quotes):
        yield f"{n} quotes in alerts hold contact data"


def _count(c: Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
    return int(c.execute(sa.select(sa.func.count()).select_from(table).where(where)).scalar_one())


def _repeated(c: Connection, columns: list[sa.Column[object]]) -> int:
    groups = sa.select(sa.func.count().label("n")).select_from(columns[0].table).group_by(*columns)
    again = groups.having(sa.func.count() > 1).subquery()
    return int(c.execute(sa.select(sa.func.count()).select_from(again)).scalar_one())


def _largest(c: Connection, column: sa.Column[int]) -> int:
    return int(c.execute(sa.select(sa.func.max(column))).scalar() or 0)
