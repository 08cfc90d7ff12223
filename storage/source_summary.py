"""One row a source: what was collected, what is missing, and how the last reading ended."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import polars as pl
from sqlalchemy.engine import Connection

from storage.coverage import coverage_frame
from storage.gaps import missing_by_source
from storage.posts import deleted_by_source
from storage.records import SourceState
from storage.rejected import rejected
from storage.source_states import source_states
from storage.sources import sources

SOURCE_COLUMNS = [
    "source", "kind", "language", "region", "posts", "first", "last", "empty_days", "seen", "deleted", "unknown",
    "lag", "rejected", "state", "reason", "title",
]  # fmt: skip


def source_rows(c: Connection, now: dt.datetime) -> list[dict[str, Any]]:
    """One row a source: what was collected, from when to when, what is missing, and how the last reading ended.

    seen: the share of message ids, in the span that was looked at, under which there was a message; None where ids are
    no sequence. deleted, unknown: the ids that are missing; where ids are no sequence, deleted counts stored posts that
    are gone. lag: hours since the source was last read to its end.
    """
    by_source = (
        coverage_frame(c)
        .group_by("source")
        .agg(
            pl.col("posts").sum(),
            first=pl.col("day").min(),
            last=pl.col("day").max(),
            empty_days=(pl.col("status") == "empty").sum(),
        )
    )
    counted = {row["source"]: row for row in by_source.iter_rows(named=True)}
    nothing = {"posts": 0, "first": None, "last": None, "empty_days": 0}
    missing, states, gone = missing_by_source(c), source_states(c), deleted_by_source(c)
    return [
        {
            "source": source.source,
            "kind": source.kind,
            "language": source.language,
            "region": source.region,
            "title": source.title,
            **{name: counted.get(source.source, nothing)[name] for name in nothing},
            **_completeness(
                states.get(source.source), missing.get(source.source, Counter()), gone.get(source.source, 0), now
            ),
            "rejected": len(rejected(c, source.source)),
        }
        for source in sources(c)
    ]


def _completeness(state: SourceState | None, missing: Counter[str], gone: int, now: dt.datetime) -> dict[str, Any]:
    if state is None:
        return {}
    seen = None
    if state.first_id is not None and state.last_id is not None:
        seen = 1 - missing.total() / (state.last_id - state.first_id + 1)
    return {
        "seen": seen,
        "deleted": gone if seen is None else missing["deleted"],
        "unknown": None if seen is None else missing["unknown"],
        "lag": None if state.complete_at is None else round((now - state.complete_at).total_seconds() / 3600, 2),
        "state": state.state if state.failures < 2 else f"{state.state} ({state.failures} times)",
        "reason": state.reason,
    }
