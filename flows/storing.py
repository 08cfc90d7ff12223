"""Store what a collector reads, batch by batch: posts, what was set aside or is gone, and how far it was read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial
from operator import attrgetter

from collectors.collector import Batch, Collector, CollectorError
from flows.completeness import settle
from flows.progress import track
from models.text import digest
from storage.cursors import read_cursor, write_cursor
from storage.database import Database
from storage.posts import Written, upsert_posts
from storage.records import Post, ReadingState, Rejected
from storage.rejected import keep_rejected
from storage.source_states import write_state
from storage.sources import upsert_source

FILES = "collect"
_said = attrgetter(*(field.name for field in fields(Post) if field.name not in ("text_digest", "collected_at")))


@dataclass(frozen=True)
class Collected:
    """What came of one source in one run. `error` says why the source could not be read, "" where it could.

    `skipped`: service messages, posts without text, and what was forgotten by request. `notes`: what was left out on
    purpose, in words.
    """

    source: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    skipped: int = 0
    deleted: int = 0
    notes: tuple[str, ...] = ()
    error: str = ""


def store_posts(database: Database, collector: Collector, cursor: str = FILES) -> Collected:
    """One source, batch by batch; posts, what was set aside or is gone, and the cursor share a transaction."""
    name = collector.source.source
    stage = f"collect {name}"
    cursor = f"{cursor}:{name}"
    with database.write() as c:
        upsert_source(c, collector.source)
        position = read_cursor(c, cursor)
    state: ReadingState = "ok"
    reason = ""
    with track(stage, 1.0) as advance, _Storing(database, name, cursor, advance) as storing:
        try:
            for batch in collector.collect(position):
                storing.put(batch)
        except (CollectorError, OSError) as error:
            state, reason = state_after(error), str(error)
        storing.wait()
        advance(1.0 - storing.progress)
    with database.write() as c:
        if reason and cursor.startswith(FILES):
            # A damaged file stays damaged; what ails a live source is its state, and passes.
            keep_rejected(c, [Rejected(name, name, reason)])
        told = reason or "; ".join(collector.notes)
        write_state(c, name, state, told, dt.datetime.now(dt.UTC), whole=collector.whole)
    return replace(storing.total, notes=tuple(collector.notes), error=reason)


class _Storing:
    """Stores batches in their order, in a thread of its own: each while the collector reads the next one."""

    def __init__(self, database: Database, name: str, cursor: str, advance: Callable[[float], None]) -> None:
        self.total, self.progress = Collected(name), 0.0
        self._store = partial(store_batch, database, name, cursor=cursor)
        self._advance = advance
        self._thread = ThreadPoolExecutor(1)
        self._waiting: tuple[Batch, Future[tuple[Written, int]]] | None = None

    def __enter__(self) -> _Storing:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    def put(self, batch: Batch) -> None:
        """Waits until the batch before is stored, raising what went wrong with it, and begins with this one."""
        now = dt.datetime.now(dt.UTC)
        batch = stamped(batch, now)
        self.wait()
        self._waiting = batch, self._thread.submit(self._store, batch, now)

    def wait(self) -> None:
        """Everything that was put is stored and counted."""
        if self._waiting:
            batch, stored = self._waiting
            self._waiting = None
            self.total = added(self.total, batch, *stored.result())
            self._advance((batch.progress or self.progress) - self.progress)
            self.progress = batch.progress or self.progress


def store_batch(database: Database, name: str, batch: Batch, now: dt.datetime, cursor: str = "") -> tuple[Written, int]:
    """One batch of `stamped` in one transaction; returns what was written and how many posts are newly gone."""
    with database.write() as c:
        written = upsert_posts(c, batch.posts)
        gone = settle(c, name, batch, now)
        keep_rejected(c, batch.rejected)
        if cursor:
            write_cursor(c, cursor, batch.position)
    return written, gone


def added(total: Collected, batch: Batch, written: Written, gone: int) -> Collected:
    """The total with one more batch in it."""
    return replace(
        total,
        new=total.new + written.new,
        changed=total.changed + written.changed,
        unchanged=total.unchanged + written.unchanged,
        skipped=total.skipped + batch.tally.service + batch.tally.empty + written.forgotten,
        rejected=total.rejected + len(batch.rejected) + written.rejected,
        deleted=total.deleted + gone,
    )


def stamped(batch: Batch, now: dt.datetime) -> Batch:
    """The batch, its posts with the digest of their text and the time at which they were collected."""
    # Half the time that `replace` takes, of which there is one for every post.
    posts = [Post(*(*_said(post), digest(post.text), now)) for post in batch.posts]
    return replace(batch, posts=posts)


def state_after(error: CollectorError | OSError) -> ReadingState:
    """In which state a source is left that could not be read."""
    return error.state if isinstance(error, CollectorError) else "failed"
