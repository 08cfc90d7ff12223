"""Who and what was forgotten by request, remembered by digests alone: it is not stored again."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import insert_missing
from storage.keys import Key, chunks
from storage.records import Post
from storage.tables import forgotten, posts


def without_forgotten(c: Connection, batch: Iterable[Post]) -> tuple[list[Post], int]:
    """The posts that may be stored, and how many may not: their key or their author was forgotten."""
    given = list(batch)
    if c.execute(sa.select(forgotten.c.digest).limit(1)).scalar() is None:
        return given, 0
    marks = [(post_digest(one.source, one.native_id), author_digest(one.author)) for one in given]
    gone: set[str] = set()
    for chunk in chunks({mark for pair in marks for mark in pair}):
        gone.update(c.execute(sa.select(forgotten.c.digest).where(forgotten.c.digest.in_(chunk))).scalars())
    kept = [post for post, pair in zip(given, marks, strict=True) if gone.isdisjoint(pair)]
    return kept, len(given) - len(kept)


def count_returned(c: Connection) -> int:
    """How many stored posts should not be there, because they or their author were forgotten. Reads every key."""
    gone = set(c.execute(sa.select(forgotten.c.digest)).scalars())
    if not gone:
        return 0
    rows = c.execute(
        sa.select(posts.c.source, posts.c.native_id, posts.c.author), execution_options={"yield_per": 10_000}
    )
    return sum(post_digest(source, id_) in gone or author_digest(author) in gone for source, id_, author in rows)


def post_digest(source: str, native_id: str) -> str:
    """What is remembered of a forgotten post."""
    return hashlib.sha256(f"post\0{source}\0{native_id}".encode("utf-8", "replace")).hexdigest()


def author_digest(pseudonym: str) -> str:
    """What is remembered of a forgotten author."""
    return hashlib.sha256(f"author\0{pseudonym}".encode("utf-8", "replace")).hexdigest()


def remember(c: Connection, names: Iterable[str], keys: Iterable[Key]) -> int:
    """Keep these authors (pseudonyms) and posts away from now on; returns how many were given."""
    now = dt.datetime.now(dt.UTC)
    rows = [{"digest": author_digest(name), "kind": "author", "at": now} for name in names]
    rows += [{"digest": post_digest(*key), "kind": "post", "at": now} for key in keys]
    insert_missing(c, forgotten, rows)
    return len(rows)
