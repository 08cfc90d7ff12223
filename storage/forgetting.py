"""Forgetting by request: posts and authors leave every table and stay away; a digest is all that remembers them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.counters import lock_counter, set_counter
from storage.dialects import compact_words, erase_freed
from storage.forgotten import remember
from storage.keys import Key, as_keys, chunks, conditions
from storage.retention import forget_quotes
from storage.tables import (
    adjudications,
    audits,
    coverage,
    drawn_posts,
    moves,
    opinions,
    posts,
    readings,
    rejected,
)

_SHORTEST_QUOTE = 12
_OF_POST = {"opinions": opinions, "labels": audits, "settled labels": adjudications, "drawn posts": drawn_posts}


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed: `removed` counts rows by what they were; `days` are UTC instants of the posts that went.

    `remembered`: how many posts and authors are kept away from now on, whether or not anything of them was stored.
    """

    removed: dict[str, int]
    days: tuple[dt.datetime, ...]
    remembered: int


def posts_of(c: Connection, authors: Iterable[str]) -> list[Key]:
    """The keys of the posts of these authors (pseudonyms), in any source; deleted posts among them."""
    found: list[Key] = []
    for chunk in chunks(dict.fromkeys(name for name in authors if name)):
        query = sa.select(posts.c.source, posts.c.native_id).where(posts.c.author.in_(chunk))
        found += [(row.source, row.native_id) for row in c.execute(query)]
    return sorted(found)


def forget(c: Connection, authors: Iterable[str], keys: Iterable[Key]) -> Forgotten:
    """Remove all posts of `authors` (pseudonyms) and the posts `keys`, with everything that was read or said of them.

    Texts, opinions, labels, draws, readings of texts that nobody else posted, quotes in alerts, excerpts of records
    set aside and the words of the full-text index go. The days that lose posts become new to the later stages, so that
    their numbers are estimated anew. The freed space is overwritten with the transaction.
    """
    erase_freed(c)
    names = sorted({name for name in authors if name})
    asked = as_keys(keys)
    wanted = as_keys([*asked, *posts_of(c, names)])
    revision = lock_counter(c, "revision")
    stored = _stored(c, wanted)
    removed = {what: _count(c, table, wanted) for what, table in _OF_POST.items()}
    removed["excerpts set aside"] = _clear_rejected(c, stored)
    for condition in conditions(posts, wanted):
        c.execute(sa.delete(posts).where(condition))
    removed["readings"] = _drop_readings(c, {row.text_digest for row in stored if row.text_digest})
    removed["mentions as origin"] = _clear_origin(c, names)
    removed["quotes in alerts"] = forget_quotes(c)
    marks = [{"revision": revision + n, "posted_at": row.posted_at} for n, row in enumerate(stored, start=1)]
    if marks:
        c.execute(sa.insert(moves), marks)
        set_counter(c, "revision", revision + len(marks))
    _uncover(c, {row.source for row in stored})
    compact_words(c)
    remembered = remember(c, names, asked)
    return Forgotten({"posts": len(stored), **removed}, tuple(row.posted_at for row in stored), remembered)


def _stored(c: Connection, keys: list[Key]) -> list[sa.Row[tuple[str, str, dt.datetime, str, str]]]:
    columns = (posts.c.source, posts.c.native_id, posts.c.posted_at, posts.c.text, posts.c.text_digest)
    found = [row for condition in conditions(posts, keys) for row in c.execute(sa.select(*columns).where(condition))]
    return sorted(found, key=lambda row: (row.source, row.native_id))


def _count(c: Connection, table: sa.Table, keys: list[Key]) -> int:
    count = sa.select(sa.func.count()).select_from(table)
    return sum(c.execute(count.where(condition)).scalar_one() for condition in conditions(table, keys))


def _clear_rejected(c: Connection, stored: list[sa.Row[tuple[str, str, dt.datetime, str, str]]]) -> int:
    """Records set aside keep their place and reason; an excerpt that quotes a post that goes becomes empty."""
    keys = {f"{row.source}/{row.native_id}" for row in stored}
    texts: dict[str, list[str]] = {}
    for row in stored:
        texts.setdefault(row.source, []).append(row.text)
    cleared = 0
    query = sa.select(rejected.c.source, rejected.c.place, rejected.c.excerpt).where(rejected.c.excerpt != "")
    for source, place, excerpt in c.execute(query).all():
        if excerpt in keys or any(_quotes(excerpt, text) for text in texts.get(source, ())):
            same = (rejected.c.source == source) & (rejected.c.place == place)
            cleared += c.execute(sa.update(rejected).where(same).values(excerpt="")).rowcount
    return cleared


def _quotes(excerpt: str, text: str) -> bool:
    """Whether an excerpt, which may be cut off, holds a text or is a piece of it."""
    piece = excerpt.rstrip("…. ")
    return bool(text) and (text in excerpt or (len(piece) >= _SHORTEST_QUOTE and piece in " ".join(text.split())))


def _drop_readings(c: Connection, digests: set[str]) -> int:
    """The readings of texts that no post holds any more."""
    dropped = 0
    for chunk in chunks(sorted(digests)):
        held = set(c.execute(sa.select(posts.c.text_digest).where(posts.c.text_digest.in_(chunk)).distinct()).scalars())
        gone = [digest for digest in chunk if digest not in held]
        if gone:
            dropped += c.execute(sa.delete(readings).where(readings.c.text_digest.in_(gone))).rowcount
    return dropped


def _clear_origin(c: Connection, names: list[str]) -> int:
    """Posts of others that were forwarded from a forgotten author no longer say so."""
    clear = sa.update(posts).values(forwarded_from="")
    return sum(c.execute(clear.where(posts.c.forwarded_from.in_(chunk))).rowcount for chunk in chunks(names))


def _uncover(c: Connection, sources: set[str]) -> None:
    """Days of a source that has no post left are no longer covered; the others are counted again from `moves`."""
    for source in sorted(sources):
        if c.execute(sa.select(posts.c.source).where(posts.c.source == source).limit(1)).scalar() is None:
            c.execute(sa.delete(coverage).where(coverage.c.source == source))
