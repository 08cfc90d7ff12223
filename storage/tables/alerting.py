"""Alerts, their messages, and what is muted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from storage.tables.columns import WALL_CLOCK, count, key, metadata, number, text
from storage.types import Instant, Json, NoteList


def sending() -> list[sa.Column[Any]]:
    """The columns of what is to be sent: `storage.sending` writes them."""
    return [
        count("attempts"),
        sa.Column("delivered_at", Instant, info=WALL_CLOCK),
        text("error"),
        sa.Column("attempted_at", Instant, info=WALL_CLOCK),
        sa.Column("due_at", Instant, info=WALL_CLOCK),
        sa.Column("dead_at", Instant, info=WALL_CLOCK),
    ]


alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    text("rule"),
    text("target"),
    text("group"),
    text("value"),
    text("window"),
    text("measure"),
    number("observed"),
    number("expected"),
    number("upper"),
    number("score"),
    text("state"),
    sa.Column("explanation", Json, nullable=False),
    sa.Column("raised_at", Instant, nullable=False, info=WALL_CLOCK),
    text("acknowledged_by"),
    text("kind"),
    sa.Column("ended", sa.Date),
    sa.Column("acknowledged_at", Instant, info=WALL_CLOCK),
    sa.Column("notes", NoteList, nullable=False, info=WALL_CLOCK),
    sa.Index("ix_alerts_key", "rule", "target", "group", "value", "window", unique=True),
    sa.Index("ix_alerts_state", "state", "kind", "id"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("alert_id", sa.BigInteger, sa.ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True),
    key("channel"),
    key("occasion"),
    *sending(),
)

mutes = sa.Table(
    "mutes",
    metadata,
    key("subject"),
    sa.Column("until", Instant, nullable=False),
    text("by"),
    text("note"),
    sa.Column("muted_at", Instant, info=WALL_CLOCK),
    comment="rules, targets and sources about which nothing is sent for a while",
)

report_deliveries = sa.Table(
    "report_deliveries",
    metadata,
    key("period"),
    key("channel"),
    *sending(),
    comment="the report of a period on its way to a recipient",
)
