"""What a batch says about ids that are missing: posts marked as deleted, gaps kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy.engine import Connection

from collectors.batches import Batch, Seen, Shown
from storage.gaps import replace_gaps
from storage.posts import mark_deleted, mark_present, posts_of_threads, stored_ids, thread_ids
from storage.records import Gap, Rejected
from storage.rejected import keep_rejected
from storage.source_states import widen_span

MOST_LOOKED_UP = 100_000


def settle(c: Connection, source: str, batch: Batch, now: dt.datetime) -> int:
    """Marks what the batch says is gone and keeps its gaps; returns how many posts were newly found deleted."""
    if batch.present:
        mark_present(c, [(source, post.native_id) for post in batch.posts])
    gone = mark_deleted(c, [(source, native_id) for native_id in batch.deleted], now)
    gone += _settle_shown(c, source, batch.shown, now)
    for seen in batch.seen:
        gone += _settle_thread(c, source, seen, now) if seen.thread else _settle_span(c, source, seen, now)
    return gone


def _settle_thread(c: Connection, source: str, seen: Seen, now: dt.datetime) -> int:
    stored = {int(native_id) for native_id in thread_ids(c, source, seen.thread, seen.since) if native_id.isdecimal()}
    gone = sorted(number for number in stored - seen.ids.keys() if seen.first <= number <= seen.last)
    return mark_deleted(c, [(source, str(number)) for number in gone], now)


def _settle_shown(c: Connection, source: str, shown: Sequence[Shown], now: dt.datetime) -> int:
    """Posts that a page does not hold any more are deleted; a page that lost most of what it held is not believed."""
    stored = posts_of_threads(c, source, (page.thread for page in shown)) if shown else {}
    gone: set[str] = set()
    here = {native_id for page in shown for native_id in page.ids}
    for page in shown:
        missing = [native_id for native_id, at in stored.get(page.thread, {}).items() if _within(page, at)]
        missing = [native_id for native_id in missing if native_id not in here]
        if page.gone or len(missing) <= max(1 if len(page.ids) == 1 else 2, len(page.ids) // 2):
            gone.update(missing)
        elif missing:
            reason = (
                f"{len(missing)} posts that were here are missing and {len(page.ids)} are left: taken for a page that "
                "is not shown whole, not for deletions"
            )
            keep_rejected(c, [Rejected(source, page.place or page.thread, reason)])
    return mark_deleted(c, [(source, native_id) for native_id in sorted(gone)], now)


def _within(page: Shown, at: dt.datetime) -> bool:
    return (page.after is None or at > page.after) and (page.before is None or at < page.before)


def _settle_span(c: Connection, source: str, seen: Seen, now: dt.datetime) -> int:
    spans = list(_missing(seen, now))
    few = sum(last - first + 1 for first, last, _ in spans) <= MOST_LOOKED_UP
    missing = [number for first, last, _ in spans for number in range(first, last + 1)] if few else sorted(seen.deleted)
    stored = {int(native_id) for native_id in stored_ids(c, source, map(str, missing))}
    gone = mark_deleted(c, [(source, str(number)) for number in sorted(stored)], now)
    deleted = stored | seen.deleted
    replace_gaps(c, source, seen.first, seen.last, _gaps(source, spans, deleted))
    widen_span(c, source, seen.first, seen.last)
    return gone


def _missing(seen: Seen, now: dt.datetime) -> Iterator[tuple[int, int, dt.datetime]]:
    """Ranges of ids without a message, each with the time of its neighbour."""
    before, time = seen.first - 1, now
    for number, published in sorted(seen.ids.items()):
        time = published
        if number > before + 1:
            yield before + 1, number - 1, time
        before = number
    if before < seen.last:
        yield before + 1, seen.last, time


def _gaps(source: str, spans: list[tuple[int, int, dt.datetime]], deleted: set[int]) -> Iterator[Gap]:
    for first, last, at in spans:
        inside = sorted(number for number in deleted if first <= number <= last)
        start = first
        for run in _runs(inside):
            if run[0] > start:
                yield Gap(source, start, run[0] - 1, "unknown", at)
            yield Gap(source, run[0], run[-1], "deleted", at)
            start = run[-1] + 1
        if start <= last:
            yield Gap(source, start, last, "unknown", at)


def _runs(numbers: list[int]) -> list[list[int]]:
    """Consecutive numbers together."""
    grouped = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    return [[number for _, number in run] for _, run in grouped]
