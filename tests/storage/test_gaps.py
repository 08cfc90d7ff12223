"""Gaps and the states of sources, on both databases."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from storage.coverage import coverage_frame, refresh_coverage
from storage.database import Database
from storage.gaps import gaps_of, missing_by_source, replace_gaps
from storage.posts import stored_ids, thread_ids, upsert_posts
from storage.records import Gap, Post, SourceState
from storage.source_states import source_states, widen_span, write_state

DAY = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def gap(first: int, last: int, state: str = "unknown") -> Gap:
    return Gap("s", first, last, state, DAY)  # type: ignore[arg-type]


def test_a_span_that_is_looked_at_again_replaces_what_was_missing_there_and_nothing_else(database: Database) -> None:
    with database.write() as c:
        replace_gaps(c, "s", 1, 1000, [gap(10, 19), gap(100, 199), gap(990, 1000, "deleted")])
        replace_gaps(c, "other", 1, 1000, [Gap("other", 1, 5, "unknown", DAY)])
        replace_gaps(c, "s", 120, 150, [gap(130, 131, "deleted")])
        assert gaps_of(c, "s") == [
            gap(10, 19), gap(100, 119), gap(130, 131, "deleted"), gap(151, 199), gap(990, 1000, "deleted"),
        ]  # fmt: skip
        assert missing_by_source(c) == {"s": {"unknown": 79, "deleted": 13}, "other": {"unknown": 5}}
        replace_gaps(c, "s", 1, 2000, [])
        assert gaps_of(c, "s") == []


def test_a_state_keeps_the_span_and_counts_failures_in_a_row(database: Database) -> None:
    later = DAY + dt.timedelta(hours=1)
    with database.write() as c:
        widen_span(c, "s", 100, 200)
        widen_span(c, "s", 150, 250)
        write_state(c, "s", "ok", "", DAY)
        write_state(c, "s", "waiting", "asked to", later)
        write_state(c, "s", "failed", "broken", later)
        assert source_states(c) == {"s": SourceState("s", "failed", "broken", 2, 100, 250, later, DAY)}
        write_state(c, "s", "ok", "", later)
        assert source_states(c)["s"] == SourceState("s", "ok", "", 0, 100, 250, later, later)


def test_missing_ids_are_counted_on_their_day(database: Database) -> None:
    zone = ZoneInfo("Asia/Almaty")
    with database.write() as c:
        upsert_posts(c, [Post("s", "1", DAY, "a", thread="t"), Post("s", "5", DAY, "b")])
        refresh_coverage(c, zone, [DAY.date()])
        replace_gaps(c, "s", 1, 5, [gap(2, 4)])
        refresh_coverage(c, zone, [])
        assert coverage_frame(c).select("posts", "gaps").rows() == [(2, 3)]
        assert stored_ids(c, "s", ["1", "2", "5"]) == {"1", "5"}
        assert thread_ids(c, "s", "t") == thread_ids(c, "s", "t", DAY) == ["1"]
        assert thread_ids(c, "s", "t", DAY + dt.timedelta(seconds=1)) == []
