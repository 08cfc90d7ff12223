"""One SQLAlchemy Core table for each record of `storage.records`, and the few that keep the books.

The columns bear the names of the records' fields. A column with `info=WALL_CLOCK` says when
something was written and is the only kind that may differ between two runs over the same input.
"""

from storage.tables.access import (
    sessions,
    tokens,
    users,
)
from storage.tables.alerting import (
    alerts,
    deliveries,
    mutes,
    report_deliveries,
)
from storage.tables.audits import (
    adjudications,
    audits,
    drawn_posts,
    draws,
)
from storage.tables.columns import (
    WALL_CLOCK,
    driver_typed,
    metadata,
)
from storage.tables.completeness import (
    coverage,
    cursors,
    gaps,
    source_states,
)
from storage.tables.erasure import (
    exports,
    forgotten,
)
from storage.tables.operation import (
    heartbeats,
    runs,
    schedules,
)
from storage.tables.posts import (
    counters,
    moves,
    opinions,
    posts,
    readings,
    rejected,
    sources,
)
from storage.tables.results import (
    comparisons,
    poll_changes,
    polls,
    shares,
)

__all__ = [
    "WALL_CLOCK",
    "adjudications",
    "alerts",
    "audits",
    "comparisons",
    "counters",
    "coverage",
    "cursors",
    "deliveries",
    "drawn_posts",
    "draws",
    "driver_typed",
    "exports",
    "forgotten",
    "gaps",
    "heartbeats",
    "metadata",
    "moves",
    "mutes",
    "opinions",
    "poll_changes",
    "polls",
    "posts",
    "readings",
    "rejected",
    "report_deliveries",
    "runs",
    "schedules",
    "sessions",
    "shares",
    "source_states",
    "sources",
    "tokens",
    "users",
]
