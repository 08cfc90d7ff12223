"""The posts behind a figure: found by what was read in them, by time, place and words; newest first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.matching import NEWEST_FIRST, Wanted, are_few, behind, is_short, said, selected, walked
from storage.records import Opinion, Voice
from storage.tables import opinions, posts
from storage.types import to_microseconds

__all__ = ["Evidence", "Wanted", "count_found", "find_posts", "one_post", "search"]

_PIECE, _COUNTED_PIECE = 2_000, 8_000
_OPINION_FIELDS = (
    "source", "native_id", "target", "model", "p_against", "p_neutral", "p_favor", "stance", "start", "end",
    "surface", "narratives",
)  # fmt: skip


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
    return _found(c, wanted, limit, after, are_few(c, wanted))


def count_found(c: Connection, wanted: Wanted, *, most: int = 1000) -> int:
    """How many posts there are to find; counting stops one above `most`, at most 5,000."""
    return _counted(c, wanted, most, are_few(c, wanted))


def search(
    c: Connection, wanted: Wanted, *, limit: int = 50, after: str = "", most: int = 1000
) -> tuple[list[Evidence], int]:
    """`find_posts` and `count_found` in one: what both have to look at is looked at once."""
    few = not is_short(c, wanted, _COUNTED_PIECE) and are_few(c, wanted)
    if few or after or not (wanted.starts or wanted.ends):
        return _found(c, wanted, limit, after, few), _counted(c, wanted, most, few)
    revisions = _walked(c, wanted, after, _COUNTED_PIECE, most + 1)
    return _with_revisions(c, wanted, revisions[:limit]), min(len(revisions), most + 1)


def _found(c: Connection, wanted: Wanted, limit: int, after: str, few: bool) -> list[Evidence]:
    if few:
        return _looked_up(c, wanted, limit, after)
    return _with_revisions(c, wanted, _walked(c, wanted, after, _PIECE, limit)[:limit])


def _looked_up(c: Connection, wanted: Wanted, limit: int, after: str) -> list[Evidence]:
    query = behind(selected(wanted, [posts.c[name] for name in _FIELDS]), after)
    if wanted.words.strip():
        query = query.where(said(c, wanted))
    query = query.order_by(*NEWEST_FIRST).limit(limit)
    return _with_opinions(c, [Evidence(*row) for row in c.execute(query)], wanted.model)


def _with_revisions(c: Connection, wanted: Wanted, revisions: list[int]) -> list[Evidence]:
    query = sa.select(*(posts.c[name] for name in _FIELDS)).where(posts.c.revision.in_(revisions))
    rows = c.execute(query.order_by(*NEWEST_FIRST))
    return _with_opinions(c, [Evidence(*row) for row in rows], wanted.model)


def _walked(c: Connection, wanted: Wanted, after: str, piece: int, enough: int) -> list[int]:
    found: list[int] = []
    for some in walked(c, wanted, after, piece):
        found += some
        if len(found) >= enough:
            break
    return found


def _counted(c: Connection, wanted: Wanted, most: int, few: bool) -> int:
    if not few:
        if wanted == Wanted(wanted.model, words=wanted.words):
            return most + 1
        if wanted.starts or wanted.ends:
            return min(len(_walked(c, wanted, "", _COUNTED_PIECE, most + 1)), most + 1)
    query = selected(wanted, [posts.c.revision])
    if wanted.words.strip():
        query = query.where(said(c, wanted))
    counted = query.limit(most + 1).subquery()
    return int(c.execute(sa.select(sa.func.count()).select_from(counted)).scalar_one())


def one_post(c: Connection, source: str, native_id: str, model: str) -> Evidence | None:
    """One post by its key, with what the model reads in it; None where it is not stored or was deleted."""
    query = sa.select(*(posts.c[name] for name in _FIELDS)).where(
        posts.c.source == source, posts.c.native_id == native_id, posts.c.deleted_at.is_(None)
    )
    found = _with_opinions(c, [Evidence(*row) for row in c.execute(query)], model)
    return found[0] if found else None


def _with_opinions(c: Connection, found: list[Evidence], model: str) -> list[Evidence]:
    if not found:
        return []
    read: dict[tuple[str, str], list[Opinion]] = {}
    of_post = (opinions.c.source == posts.c.source) & (opinions.c.native_id == posts.c.native_id)
    query = sa.select(*(opinions.c[name] for name in _OPINION_FIELDS)).join_from(posts, opinions, of_post)
    revisions = [one.revision for one in found]
    for row in c.execute(query.where(posts.c.revision.in_(revisions), opinions.c.model == model)):
        read.setdefault((row.source, row.native_id), []).append(Opinion(*row))
    return [
        replace(one, opinions=tuple(sorted(read.get((one.source, one.native_id), ()), key=lambda o: o.target)))
        for one in found
    ]
