"""Which posts are wanted, as conditions of a query; and words, which are looked up in the full-text index first.

A word that few posts say is looked up, and its posts are put in order. A word that very many say is not: posts are
walked from the newest, and the index is asked which of them say it. Either way not every post is looked at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records import Stance, Voice
from storage.tables import opinions, posts, sources
from storage.types import Instant, from_microseconds
from storage.words import Term, fts5, terms, tsquery

NEWEST_FIRST = (posts.c.posted_at.desc(), posts.c.revision.desc())
_FEW = 5_000
# Posts are mostly stored in the order of their time: a piece of them is then nearly all that lies between its ends.
_SPARSE = 3
# PostgreSQL has the time as well: it lies in partitions by month.
_post_words = sa.table("post_words", sa.column("revision"), sa.column("posted_at", Instant), sa.column("words"))


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


def selected(wanted: Wanted, columns: Sequence[sa.ColumnElement[Any]]) -> sa.Select[Any]:
    """The posts that are wanted, whatever they say; deleted ones left out."""
    query = sa.select(*columns).where(posts.c.deleted_at.is_(None))
    if wanted.target or wanted.stance or wanted.narrative:
        # Not a join: posts are then walked in the order of time, and few of them have to be looked at.
        query = query.where(_read(wanted))
    for name in ("source", "language", "voice"):
        if value := getattr(wanted, name):
            query = query.where(posts.c[name] == value)
    if wanted.region:
        query = query.where(posts.c.source.in_(sa.select(sources.c.source).where(sources.c.region == wanted.region)))
    if wanted.starts:
        query = query.where(posts.c.posted_at >= wanted.starts)
    return query.where(posts.c.posted_at < wanted.ends) if wanted.ends else query


def behind(query: sa.Select[Any], after: str) -> sa.Select[Any]:
    """Only what follows the place `after` of an earlier list, the newest first; "" for all. ValueError for no place."""
    if not after:
        return query
    moment, _, number = after.partition(".")
    try:
        at, revision = from_microseconds(int(moment)), int(number)
    except (ValueError, OverflowError):
        raise ValueError(f"{after!r} is no place in a list; take `next` of the list before") from None
    return query.where(posts.c.posted_at <= at, (posts.c.posted_at < at) | (posts.c.revision < revision))


def are_few(c: Connection, wanted: Wanted) -> bool:
    """Whether the words are said so seldom that their posts are best looked up first."""
    if not wanted.terms or not _query(c, wanted):
        return True
    some = _saying(c, wanted).limit(_FEW + 1).subquery()
    return int(c.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()) <= _FEW


def is_short(c: Connection, wanted: Wanted, piece: int) -> bool:
    """Whether words are wanted of so few posts in all that one piece holds them: then they need not be counted first.

    On SQLite alone, where FTS5 reads all that a common word is said in, whatever the time, before it gives the first.
    """
    if c.dialect.name != "sqlite" or not (wanted.terms and wanted.starts and wanted.ends):
        return False
    there = sa.select(posts.c.posted_at).where(posts.c.posted_at >= wanted.starts, posts.c.posted_at < wanted.ends)
    counted = sa.select(sa.func.count()).select_from(there.limit(piece + 1).subquery())
    return int(c.execute(counted).scalar_one()) <= piece


def said(c: Connection, wanted: Wanted) -> sa.ColumnElement[bool]:
    """Whether a post says the words. Words without a letter or digit are found nowhere."""
    return posts.c.revision.in_(_saying(c, wanted)) if _query(c, wanted) else sa.false()


def walked(c: Connection, wanted: Wanted, after: str, piece: int) -> Iterator[list[int]]:
    """The revisions of the wanted posts that say the words, the newest first, from a piece of all posts at a time."""
    # As the database holds it: thousands of moments that nobody looks at need not become dates.
    moment = sa.type_coerce(posts.c.posted_at, sa.BigInteger)
    query = selected(wanted, [moment.label("at"), posts.c.revision]).order_by(*NEWEST_FIRST).limit(piece)
    page = behind(query, after)
    while rows := c.execute(page).all():
        there = [revision for _, revision in rows]
        first, last, bound = min(there), max(there), _number(c)
        within = (bound >= first) & (bound <= last)
        if last - first > _SPARSE * len(there):
            within &= _number(c, indexed=False).in_(there)
        if c.dialect.name == "postgresql":
            indexed_at = sa.type_coerce(_post_words.c.posted_at, sa.BigInteger)
            within &= (indexed_at <= rows[0].at) & (indexed_at >= rows[-1].at)
        saying = set(c.execute(_saying(c, wanted).where(within)).scalars())
        yield [revision for revision in there if revision in saying]
        at, revision = rows[-1]
        page = query.where(moment <= at, (moment < at) | (posts.c.revision < revision))


def _read(wanted: Wanted) -> sa.ColumnElement[bool]:
    """Whether the model read this in the post, toward the target or any."""
    query = sa.select(opinions.c.target).where(
        opinions.c.source == posts.c.source,
        opinions.c.native_id == posts.c.native_id,
        opinions.c.model == wanted.model,
    )
    if wanted.target:
        query = query.where(opinions.c.target == wanted.target)
    if wanted.stance:
        query = query.where(opinions.c.stance == wanted.stance)
    if wanted.narrative:
        listed = sa.type_coerce(opinions.c.narratives, sa.Text)
        query = query.where(listed.contains(f'"{wanted.narrative}"', autoescape=True))
    # With an offset no planner makes a join of it: PostgreSQL would read every opinion to count those of a week.
    return query.correlate(posts).offset(0).exists()


def _query(c: Connection, wanted: Wanted) -> str:
    return tsquery(wanted.terms) if c.dialect.name == "postgresql" else fts5(wanted.terms)


def _saying(c: Connection, wanted: Wanted) -> sa.Select[tuple[int]]:
    """The revisions of posts that say the words: on PostgreSQL those of the period, on SQLite those of any time."""
    found = sa.select(_number(c).label("revision")).select_from(_post_words)
    if c.dialect.name == "postgresql":
        at = _post_words.c.posted_at
        found = found.where(at >= wanted.starts) if wanted.starts else found
        found = found.where(at < wanted.ends) if wanted.ends else found
        return found.where(_post_words.c.words.op("@@")(sa.func.to_tsquery("simple", _query(c, wanted))))
    return found.where(sa.text("post_words MATCH :said").bindparams(said=_query(c, wanted)))


def _number(c: Connection, *, indexed: bool = True) -> sa.ColumnElement[int]:
    """The revision in the index of words. FTS5 would ask its index anew for each of a list, unless it may not (+)."""
    if c.dialect.name == "postgresql":
        return _post_words.c.revision
    return sa.literal_column("rowid" if indexed else "+rowid", sa.BigInteger)
