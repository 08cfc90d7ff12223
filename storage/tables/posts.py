"""Sources, posts, and what a model reads in them."""

from __future__ import annotations

import sqlalchemy as sa

from storage.tables.columns import WALL_CLOCK, count, key, metadata, number, of_post, text
from storage.types import Instant, Json, NameList

counters = sa.Table(
    "counters",
    metadata,
    key("name"),
    count("value"),
    comment="the last number given out of each series; its row is the lock of the writers",
)

sources = sa.Table(
    "sources",
    metadata,
    key("source"),
    text("kind"),
    text("address"),
    text("title"),
    text("language"),
    text("region"),
    count("audience", nullable=True),
)

posts = sa.Table(
    "posts",
    metadata,
    key("source"),
    key("native_id"),
    count("revision"),
    sa.Column("posted_at", Instant, nullable=False),
    text("text"),
    text("author"),
    text("voice"),
    text("thread"),
    text("reply_to"),
    text("forwarded_from"),
    sa.Column("edited_at", Instant),
    sa.Column("deleted_at", Instant),
    count("views", nullable=True),
    count("forwards", nullable=True),
    count("reactions", nullable=True),
    text("language"),
    text("text_digest"),
    sa.Column("collected_at", Instant, info=WALL_CLOCK),
    sa.Index("ix_posts_revision", "revision", unique=True),
    sa.Index("ix_posts_posted_at", "posted_at"),
    sa.Index("ix_posts_source_posted_at", "source", "posted_at"),
    sa.Index(
        "ix_posts_thread",
        "source",
        "thread",
        "posted_at",
        sqlite_where=sa.text("thread <> ''"),
        postgresql_where=sa.text("thread <> ''"),
    ),
    sa.Index(
        "ix_posts_deleted",
        "source",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    ),
)

moves = sa.Table(
    "moves",
    metadata,
    sa.Column("revision", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("posted_at", Instant, nullable=False),
    comment="where in time a post stood before the revision that moved it",
)

opinions = sa.Table(
    "opinions",
    metadata,
    key("source"),
    key("native_id"),
    key("target"),
    key("model"),
    number("p_against"),
    number("p_neutral"),
    number("p_favor"),
    text("stance"),
    count("start"),
    count("end"),
    text("surface"),
    sa.Column("narratives", NameList, nullable=False),
    of_post(),
    sqlite_with_rowid=False,
)

readings = sa.Table(
    "readings",
    metadata,
    key("text_digest"),
    key("model"),
    text("language"),
    sa.Column("results", Json, nullable=False),
    sqlite_with_rowid=False,
    comment="what a model read in one distinct text; a text without any target has an empty list",
)

rejected = sa.Table(
    "rejected",
    metadata,
    key("source"),
    key("place"),
    text("reason"),
    text("excerpt"),
)
