"""How far everything was read, and what is missing."""

from __future__ import annotations

import sqlalchemy as sa

from storage.tables.columns import WALL_CLOCK, count, key, metadata, text
from storage.types import Instant

cursors = sa.Table(
    "cursors",
    metadata,
    key("name"),
    text("position"),
    sa.Column("updated_at", Instant, nullable=False, info=WALL_CLOCK),
)

coverage = sa.Table(
    "coverage",
    metadata,
    key("source"),
    sa.Column("day", sa.Date, primary_key=True),
    count("posts"),
    count("gaps"),
    text("status"),
)

gaps = sa.Table(
    "gaps",
    metadata,
    key("source"),
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
    count("last"),
    text("state"),
    sa.Column("at", Instant, nullable=False),
    comment="message ids that the source did not show: first to last, both included",
)

source_states = sa.Table(
    "source_states",
    metadata,
    key("source"),
    text("state"),
    text("reason"),
    count("failures"),
    count("first_id", nullable=True),
    count("last_id", nullable=True),
    sa.Column("checked_at", Instant, info=WALL_CLOCK),
    sa.Column("complete_at", Instant, info=WALL_CLOCK),
    sa.Column("waited", sa.Double, nullable=False, server_default="0", info=WALL_CLOCK),
    comment="how the last reading of each source ended, and the span of ids that was looked at",
)
