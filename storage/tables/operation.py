"""How the monitor itself is doing: runs of flows, what the scheduler took up, and who is alive.

Everything here is of the clock: two runs over the same input differ in it, so fingerprints leave these tables out.
"""

from __future__ import annotations

import sqlalchemy as sa

from storage.tables.columns import WALL_CLOCK, count, key, metadata, text
from storage.types import Instant

runs = sa.Table(
    "runs",
    metadata,
    key("id"),
    text("flow"),
    text("state"),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    text("error"),
    text("host"),
    count("pid"),
    sa.Index("ix_runs_flow", "flow", "started_at"),
    info=WALL_CLOCK,
    comment="every run of a flow, by whichever process",
)

schedules = sa.Table(
    "schedules",
    metadata,
    key("flow"),
    text("due"),
    sa.Column("taken_at", Instant, nullable=False),
    sa.Column("began_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("finished_at", Instant),
    count("interrupted"),
    info=WALL_CLOCK,
    comment="how far `pikir serve` is in the schedule of each flow",
)

heartbeats = sa.Table(
    "heartbeats",
    metadata,
    key("name"),
    text("host"),
    count("pid"),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("beat_at", Instant, nullable=False),
    info=WALL_CLOCK,
    comment="processes that should always be there, and when they last said so",
)
