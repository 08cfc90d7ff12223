"""Shares, polls, and how they stand beside each other."""

from __future__ import annotations

import sqlalchemy as sa

from storage.tables.columns import count, day, key, metadata, number, text
from storage.types import Json

shares = sa.Table(
    "shares",
    metadata,
    key("target"),
    key("by"),
    key("period"),
    key("group"),
    key("value"),
    key("voices"),
    key("among"),
    key("stance"),
    key("model"),
    day("starts"),
    number("share", nullable=True),
    number("low", nullable=True),
    number("high", nullable=True),
    count("n_posts"),
    count("n_authors"),
    count("n_labels"),
    number("n_eff", nullable=True),
    number("deff", nullable=True),
    text("method"),
    sa.Column("complete", sa.Boolean, nullable=False),
    number("top_author_share", nullable=True),
    number("near_duplicate_share", nullable=True),
    sa.Index("ix_shares_series", "target", "by", "model", "group", "voices", "among", "starts"),
    sqlite_with_rowid=False,
)

polls = sa.Table(
    "polls",
    metadata,
    key("poll"),
    text("pollster"),
    day("starts"),
    day("ends"),
    text("target"),
    text("question"),
    sa.Column("shares", Json, nullable=False),
    text("source"),
    count("n", nullable=True),
    number("margin", nullable=True),
    text("mode"),
    text("narrative"),
)

comparisons = sa.Table(
    "comparisons",
    metadata,
    key("poll"),
    key("target"),
    key("stance"),
    key("model"),
    day("starts"),
    day("ends"),
    number("monitor_share", nullable=True),
    number("poll_share"),
    number("difference", nullable=True),
    number("low", nullable=True),
    number("high", nullable=True),
    number("p_above", nullable=True),
    count("n_authors"),
    number("n_eff", nullable=True),
    text("verdict"),
    text("reason"),
    text("method"),
    text("narrative"),
    number("p_equivalent", nullable=True),
    number("house", nullable=True),
    number("house_low", nullable=True),
    number("house_high", nullable=True),
    count("house_polls"),
    number("adjusted_share", nullable=True),
    number("adjusted_difference", nullable=True),
    number("adjusted_low", nullable=True),
    number("adjusted_high", nullable=True),
)

poll_changes = sa.Table(
    "poll_changes",
    metadata,
    key("poll"),
    key("earlier"),
    key("target"),
    key("stance"),
    key("model"),
    number("poll_change"),
    number("monitor_change", nullable=True),
    number("difference", nullable=True),
    number("low", nullable=True),
    number("high", nullable=True),
    number("p_above", nullable=True),
    text("verdict"),
    text("reason"),
)
