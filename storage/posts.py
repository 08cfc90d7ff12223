"""Posts: written by key, read in the order in which they appeared or changed.

Whatever makes a post new to the later stages gives it the next `revision`; a stage remembers the
last revision it has read and asks for what came after.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.bulk import bulk_upsert
from storage.counters import lock_counter, read_counter, set_counter
from storage.forgotten import without_forgotten
from storage.keys import Key, as_keys, chunks, conditions
from storage.records import Post, Rejected
from storage.rejected import keep_rejected
from storage.tables import driver_typed, moves
from storage.tables import posts as table
from storage.types import Instant, Words, storable, to_microseconds

Row = dict[str, Any]

_values = attrgetter(*(field.name for field in fields(Post)))

# A longer key would not fit an index page of PostgreSQL (2,704 bytes).
LONGEST_KEY = 300
LARGEST_COUNT = 2**63 - 1

_FIELDS = tuple(field.name for field in fields(Post))
_INSTANTS = tuple(name for name in _FIELDS if isinstance(table.c[name].type, Instant))
_WORDS = tuple(name for name in _FIELDS if isinstance(table.c[name].type, Words))
_COUNTS = ("views", "forwards", "reactions")
# A change in one of these is a change of content. The rest is updated without a revision.
_CONTENT = ("posted_at", "text", "author", "voice", "thread", "reply_to", "edited_at", "deleted_at")

# The index of threads leaves out posts without one, and is taken only where a query says so in its own words.
_IN_A_THREAD = table.c.thread != sa.literal_column("''")
# A row below holds what the driver takes: converting each value once instead of in every statement doubles the speed.
_bulk_table = driver_typed(table)
_bulk_moves = driver_typed(moves)


@dataclass(frozen=True, slots=True)
class Written:
    """How many distinct posts of a batch were new, changed in content, unchanged in content, or kept aside.

    `forgotten`: posts that were not stored because they or their author were forgotten by request.
    """

    new: int
    changed: int
    unchanged: int
    rejected: int = 0
    forgotten: int = 0


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A post and the revision in which its content was last written."""

    revision: int
    post: Post


def upsert_posts(c: Connection, posts: Iterable[Post]) -> Written:
    """Write posts by (source, native_id); writing the same again changes nothing.

    A post is new, or changed (its time, text, author, voice, thread, reply, edit or deletion time differ), and gets the
    next revisions in the order of the batch; otherwise new counts of views, forwards and reactions are taken over
    quietly. Of one key twice in a batch the last counts. What the new version does not say (None counts, no language)
    stays as it was; a deletion stays; `collected_at` is that of the content's first sight. NUL characters are removed.
    A post whose key is empty or longer than 300 characters goes to `rejected`; one that was forgotten by request stays
    away; a text that was purged stays purged. ValueError for a time without a zone.
    """
    revision = lock_counter(c, "revision")
    kept, forgotten = without_forgotten(c, posts)
    rows, refused = _distinct_rows(kept)
    stored = _stored_rows(c, rows)
    written: list[Row] = []
    moved: list[Row] = []
    new = changed = 0
    for key, row in rows.items():
        old = stored.get(key)
        merged = row if old is None else _merged(old, row)
        if old is None or any(merged[name] != old[name] for name in _CONTENT):
            revision += 1
            merged["revision"] = revision
            new += old is None
            changed += old is not None
            if old is not None and old["posted_at"] != merged["posted_at"]:
                moved.append({"revision": revision, "posted_at": old["posted_at"]})
        elif merged == old:
            continue
        written.append(merged)
    bulk_upsert(c, _bulk_table, written)
    if moved:
        c.execute(sa.insert(_bulk_moves), moved)
    set_counter(c, "revision", revision)
    keep_rejected(c, refused)
    return Written(new, changed, len(rows) - new - changed, len(refused), forgotten)


def changed_posts(c: Connection, after: int, limit: int) -> list[StoredPost]:
    """At most `limit` posts with a revision above `after`, ascending; deleted posts among them, with `deleted_at`."""
    columns = [table.c[name] for name in _FIELDS]
    query = sa.select(table.c.revision, *columns).where(table.c.revision > after)
    rows = c.execute(query.order_by(table.c.revision).limit(limit))
    return [StoredPost(row[0], Post(*row[1:])) for row in rows]


def posts_by_key(c: Connection, keys: Iterable[Key]) -> dict[Key, Post]:
    """The posts with these keys; a key that is not there is absent."""
    columns = [table.c[name] for name in _FIELDS]
    found = (c.execute(sa.select(*columns).where(condition)) for condition in conditions(table, keys))
    return {(row.source, row.native_id): Post(*row) for rows in found for row in rows}


def stored_ids(c: Connection, source: str, native_ids: Iterable[str]) -> set[str]:
    """Those of the native ids under which the source has a post, deleted ones included."""
    found = (
        c.execute(sa.select(table.c.native_id).where(condition))
        for condition in conditions(table, ((source, native_id) for native_id in native_ids))
    )
    return {row.native_id for rows in found for row in rows}


def thread_ids(c: Connection, source: str, thread: str, since: dt.datetime | None = None) -> list[str]:
    """The native ids of the posts of one thread published at `since` or later, deleted ones included."""
    query = sa.select(table.c.native_id).where(table.c.source == source, table.c.thread == thread, _IN_A_THREAD)
    if since is not None:
        query = query.where(table.c.posted_at >= since)
    return list(c.execute(query).scalars())


def posts_of_threads(c: Connection, source: str, threads: Iterable[str]) -> dict[str, dict[str, dt.datetime]]:
    """Thread → native id → time of publication, of the posts of these threads that are not deleted."""
    found: dict[str, dict[str, dt.datetime]] = {}
    for chunk in chunks(dict.fromkeys(threads)):
        query = sa.select(table.c.thread, table.c.native_id, table.c.posted_at).where(
            table.c.source == source, table.c.thread.in_(chunk), _IN_A_THREAD, table.c.deleted_at.is_(None)
        )
        for thread, native_id, posted_at in c.execute(query):
            found.setdefault(thread, {})[native_id] = posted_at
    return found


def latest_revision(c: Connection) -> int:
    """The revision written last; 0 before the first post."""
    return read_counter(c, "revision")


def deleted_by_source(c: Connection) -> dict[str, int]:
    """Source → how many of its stored posts are deleted."""
    query = sa.select(table.c.source, sa.func.count()).where(table.c.deleted_at.is_not(None)).group_by(table.c.source)
    return {source: int(number) for source, number in c.execute(query)}


def count_posts(c: Connection, source: str | None = None) -> int:
    """How many posts are stored, of one source or of all, deleted ones included."""
    query = sa.select(sa.func.count()).select_from(table)
    return int(c.execute(query if source is None else query.where(table.c.source == source)).scalar_one())


def set_languages(c: Connection, languages: Mapping[Key, str]) -> None:
    """Write the language that was identified for each post. No revision: nobody said anything new."""
    query = sa.update(table).where(table.c.source == sa.bindparam("of"), table.c.native_id == sa.bindparam("id"))
    rows = [{"of": of, "id": id_, "spoken": language} for (of, id_), language in languages.items()]
    if rows:
        c.execute(query.values(language=sa.bindparam("spoken")), rows)


def mark_deleted(c: Connection, keys: Iterable[Sequence[str]], at: dt.datetime) -> int:
    """Mark posts as deleted by their publisher at `at`; each gets a revision. Returns how many were not so before.

    Keys that are not stored, and posts deleted earlier, are left alone.
    """
    return _set_deleted(c, keys, at)


def mark_present(c: Connection, keys: Iterable[Sequence[str]]) -> int:
    """Take back that posts were deleted: they were seen at their source again. Each gets a revision; returns how many.

    Keys that are not stored, and posts that were not deleted, are left alone.
    """
    return _set_deleted(c, keys, None)


def _set_deleted(c: Connection, keys: Iterable[Sequence[str]], at: dt.datetime | None) -> int:
    revision = lock_counter(c, "revision")
    wanted = as_keys(keys)
    due = table.c.deleted_at.is_(None) if at is not None else table.c.deleted_at.is_not(None)
    found: set[Key] = set()
    for condition in conditions(table, wanted):
        query = sa.select(table.c.source, table.c.native_id).where(condition, due)
        found.update((row.source, row.native_id) for row in c.execute(query))
    rows = [
        {"of": key[0], "id": key[1], "number": revision + count}
        for count, key in enumerate((key for key in wanted if key in found), start=1)
    ]
    if rows:
        update = sa.update(table).where(table.c.source == sa.bindparam("of"), table.c.native_id == sa.bindparam("id"))
        c.execute(update.values(deleted_at=at, revision=sa.bindparam("number")), rows)
        set_counter(c, "revision", revision + len(rows))
    return len(rows)


def _distinct_rows(posts: Iterable[Post]) -> tuple[dict[Key, Row], list[Rejected]]:
    rows: dict[Key, Row] = {}
    refused: list[Rejected] = []
    for post in posts:
        row = dict(zip(_FIELDS, _values(post), strict=True))
        for name in _WORDS:
            if row[name]:
                row[name] = storable(row[name])
        for name in _INSTANTS:
            if row[name] is not None:
                row[name] = to_microseconds(row[name])
        for name in _COUNTS:
            if row[name] is not None and not 0 <= row[name] <= LARGEST_COUNT:
                row[name] = None
        key = (row["source"], row["native_id"])
        if all(key) and sum(map(len, key)) <= LONGEST_KEY:
            rows[key] = row
        else:
            reason = f"the post's id has {len(key[1])} characters; 1 to {LONGEST_KEY - len(key[0])} can be stored"
            refused.append(Rejected(key[0], f"id {key[1]}", reason, row["text"]))
    return rows, refused


def _stored_rows(c: Connection, keys: Iterable[Key]) -> dict[Key, Row]:
    query = sa.select(_bulk_table)
    names = [column.name for column in _bulk_table.columns]
    found = (c.execute(query.where(condition)) for condition in conditions(_bulk_table, keys))
    rows = (dict(zip(names, row, strict=True)) for result in found for row in result)
    return {(row["source"], row["native_id"]): row for row in rows}


def _merged(old: Row, new: Row) -> Row:
    """The row to store: the new version, with what only the stored one knows."""
    merged = old | new
    for name in (*_COUNTS, "deleted_at"):
        if new[name] is None:
            merged[name] = old[name]
    if not old["text"] and new["text_digest"] and new["text_digest"] == old["text_digest"]:
        merged["text"] = ""
    if merged["text"] == old["text"]:
        merged["language"] = old["language"] or new["language"]
        merged["text_digest"] = new["text_digest"] or old["text_digest"]
    same = all(merged[name] == old[name] for name in _CONTENT)
    if same or new["collected_at"] is None:
        merged["collected_at"] = old["collected_at"]
    return merged
