"""Draws, and what people say of drawn posts."""

from __future__ import annotations

import sqlalchemy as sa

from storage.tables.columns import WALL_CLOCK, count, key, metadata, number, of_post, text
from storage.types import Instant, Json, Words

audits = sa.Table(
    "audits",
    metadata,
    key("source"),
    key("native_id"),
    key("target"),
    key("coder"),
    sa.Column("label", Words),
    number("inclusion_probability", nullable=True),
    sa.Column("drawn_at", Instant, nullable=False),
    sa.Column("labelled_at", Instant),
    of_post(),
)

draws = sa.Table(
    "draws",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    text("target"),
    text("period"),
    sa.Column("starts", Instant, nullable=False),
    sa.Column("ends", Instant, nullable=False),
    text("model"),
    count("seed"),
    count("authors"),
    count("posts"),
    sa.Column("strata", Json, nullable=False),
    sa.Column("drawn_at", Instant, nullable=False, info=WALL_CLOCK),
    comment="probability samples of authors: the window, the population, and how many were drawn of each stratum",
)

drawn_posts = sa.Table(
    "drawn_posts",
    metadata,
    sa.Column(
        "draw", sa.BigInteger, sa.ForeignKey("draws.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    key("source"),
    key("native_id"),
    count("place"),
    text("stratum"),
    number("inclusion_probability"),
    count("author_posts"),
    of_post(),
    comment="the post that stands for each drawn author, in the order of the queue",
)

adjudications = sa.Table(
    "adjudications",
    metadata,
    key("source"),
    key("native_id"),
    key("target"),
    sa.Column("label", Words),
    text("decided_by"),
    sa.Column("decided_at", Instant, nullable=False, info=WALL_CLOCK),
    text("reason"),
    of_post(),
    comment="the label that was settled where coders disagree",
)
