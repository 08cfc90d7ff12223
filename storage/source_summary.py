"""One row a source: what was collected, what is missing, and how the last reading ended."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import asdict
from typing import Any

from sqlalchemy.engine import Connection

from storage.coverage import SourceCoverage, coverage_by_source
from storage.gaps import missing_by_source
from storage.posts import deleted_by_source
from storage.records import SourceState
from storage.rejected import rejected_by_source
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
    counted, nothing = coverage_by_source(c), SourceCoverage(0, None, None, 0)
    aside = rejected_by_source(c)
    missing, states, gone = missing_by_source(c), source_states(c), deleted_by_source(c)
    return [
        {
            "source": source.source,
            "kind": source.kind,
            "language": source.language,
            "region": source.region,
            "title": source.title,
            **asdict(counted.get(source.source, nothing)),
            **_completeness(
                states.get(source.source), missing.get(source.source, Counter()), gone.get(source.source, 0), now
            ),
            "rejected": aside.get(source.source, 0),
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
