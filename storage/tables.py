"""One SQLAlchemy Core table for each record of `records.py`, and the few that keep the books.

The columns bear the names of the records' fields. A column with `info=WALL_CLOCK` says when
something was written and is the only kind that may differ between two runs over the same input.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from storage.types import Instant, Json, NameList, NoteList, Words

WALL_CLOCK = {"wall_clock": True}

metadata = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(referred_table_name)s"})


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, Words, primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, Words, nullable=False)


def _count(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _number(name: str, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _day(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Date, nullable=False)


def _of_post() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["source", "native_id"], ["posts.source", "posts.native_id"], ondelete="CASCADE")


counters = sa.Table(
    "counters",
    metadata,
    _key("name"),
    _count("value"),
    comment="the last number given out of each series; its row is the lock of the writers",
)

sources = sa.Table(
    "sources",
    metadata,
    _key("source"),
    _text("kind"),
    _text("address"),
    _text("title"),
    _text("language"),
    _text("region"),
    _count("audience", nullable=True),
)

posts = sa.Table(
    "posts",
    metadata,
    _key("source"),
    _key("native_id"),
    _count("revision"),
    sa.Column("posted_at", Instant, nullable=False),
    _text("text"),
    _text("author"),
    _text("voice"),
    _text("thread"),
    _text("reply_to"),
    _text("forwarded_from"),
    sa.Column("edited_at", Instant),
    sa.Column("deleted_at", Instant),
    _count("views", nullable=True),
    _count("forwards", nullable=True),
    _count("reactions", nullable=True),
    _text("language"),
    _text("text_digest"),
    sa.Column("collected_at", Instant, info=WALL_CLOCK),
    sa.Index("ix_posts_revision", "revision", unique=True),
    sa.Index("ix_posts_posted_at", "posted_at"),
    sa.Index("ix_posts_source_posted_at", "source", "posted_at"),
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
    _key("source"),
    _key("native_id"),
    _key("target"),
    _key("model"),
    _number("p_against"),
    _number("p_neutral"),
    _number("p_favor"),
    _text("stance"),
    _count("start"),
    _count("end"),
    _text("surface"),
    sa.Column("narratives", NameList, nullable=False),
    _of_post(),
    sqlite_with_rowid=False,
)

readings = sa.Table(
    "readings",
    metadata,
    _key("text_digest"),
    _key("model"),
    _text("language"),
    sa.Column("results", Json, nullable=False),
    sqlite_with_rowid=False,
    comment="what a model read in one distinct text; a text without any target has an empty list",
)

audits = sa.Table(
    "audits",
    metadata,
    _key("source"),
    _key("native_id"),
    _key("target"),
    _key("coder"),
    sa.Column("label", Words),
    _number("inclusion_probability", nullable=True),
    sa.Column("drawn_at", Instant, nullable=False),
    sa.Column("labelled_at", Instant),
    _of_post(),
)

draws = sa.Table(
    "draws",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    _text("target"),
    _text("period"),
    sa.Column("starts", Instant, nullable=False),
    sa.Column("ends", Instant, nullable=False),
    _text("model"),
    _count("seed"),
    _count("authors"),
    _count("posts"),
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
    _key("source"),
    _key("native_id"),
    _count("place"),
    _text("stratum"),
    _number("inclusion_probability"),
    _count("author_posts"),
    _of_post(),
    comment="the post that stands for each drawn author, in the order of the queue",
)

adjudications = sa.Table(
    "adjudications",
    metadata,
    _key("source"),
    _key("native_id"),
    _key("target"),
    sa.Column("label", Words),
    _text("decided_by"),
    sa.Column("decided_at", Instant, nullable=False, info=WALL_CLOCK),
    _text("reason"),
    _of_post(),
    comment="the label that was settled where coders disagree",
)

shares = sa.Table(
    "shares",
    metadata,
    _key("target"),
    _key("by"),
    _key("period"),
    _key("group"),
    _key("value"),
    _key("voices"),
    _key("among"),
    _key("stance"),
    _key("model"),
    _day("starts"),
    _number("share", nullable=True),
    _number("low", nullable=True),
    _number("high", nullable=True),
    _count("n_posts"),
    _count("n_authors"),
    _count("n_labels"),
    _number("n_eff", nullable=True),
    _number("deff", nullable=True),
    _text("method"),
    sa.Column("complete", sa.Boolean, nullable=False),
    sa.Index("ix_shares_series", "target", "by", "model", "group", "voices", "among"),
    sqlite_with_rowid=False,
)

polls = sa.Table(
    "polls",
    metadata,
    _key("poll"),
    _text("pollster"),
    _day("starts"),
    _day("ends"),
    _text("target"),
    _text("question"),
    sa.Column("shares", Json, nullable=False),
    _text("source"),
    _count("n", nullable=True),
    _number("margin", nullable=True),
    _text("mode"),
    _text("narrative"),
)

comparisons = sa.Table(
    "comparisons",
    metadata,
    _key("poll"),
    _key("target"),
    _key("stance"),
    _key("model"),
    _day("starts"),
    _day("ends"),
    _number("monitor_share", nullable=True),
    _number("poll_share"),
    _number("difference", nullable=True),
    _number("low", nullable=True),
    _number("high", nullable=True),
    _number("p_above", nullable=True),
    _count("n_authors"),
    _number("n_eff", nullable=True),
    _text("verdict"),
    _text("reason"),
    _text("narrative"),
    _number("p_equivalent", nullable=True),
    _number("house", nullable=True),
    _number("house_low", nullable=True),
    _number("house_high", nullable=True),
    _count("house_polls"),
    _number("adjusted_share", nullable=True),
    _number("adjusted_difference", nullable=True),
    _number("adjusted_low", nullable=True),
    _number("adjusted_high", nullable=True),
)

poll_changes = sa.Table(
    "poll_changes",
    metadata,
    _key("poll"),
    _key("earlier"),
    _key("target"),
    _key("stance"),
    _key("model"),
    _number("poll_change"),
    _number("monitor_change", nullable=True),
    _number("difference", nullable=True),
    _number("low", nullable=True),
    _number("high", nullable=True),
    _number("p_above", nullable=True),
    _text("verdict"),
    _text("reason"),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    _text("rule"),
    _text("target"),
    _text("group"),
    _text("value"),
    _text("window"),
    _text("measure"),
    _number("observed"),
    _number("expected"),
    _number("upper"),
    _number("score"),
    _text("state"),
    sa.Column("explanation", Json, nullable=False),
    sa.Column("raised_at", Instant, nullable=False, info=WALL_CLOCK),
    _text("acknowledged_by"),
    _text("kind"),
    sa.Column("ended", sa.Date),
    sa.Column("acknowledged_at", Instant, info=WALL_CLOCK),
    sa.Column("notes", NoteList, nullable=False, info=WALL_CLOCK),
    sa.Index("ix_alerts_key", "rule", "target", "group", "value", "window", unique=True),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("alert_id", sa.BigInteger, sa.ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True),
    _key("channel"),
    _key("occasion"),
    _count("attempts"),
    sa.Column("delivered_at", Instant, info=WALL_CLOCK),
    _text("error"),
    sa.Column("attempted_at", Instant, info=WALL_CLOCK),
    sa.Column("due_at", Instant, info=WALL_CLOCK),
    sa.Column("dead_at", Instant, info=WALL_CLOCK),
)

mutes = sa.Table(
    "mutes",
    metadata,
    _key("subject"),
    sa.Column("until", Instant, nullable=False),
    _text("by"),
    _text("note"),
    sa.Column("muted_at", Instant, info=WALL_CLOCK),
    comment="rules, targets and sources about which nothing is sent for a while",
)

cursors = sa.Table(
    "cursors",
    metadata,
    _key("name"),
    _text("position"),
    sa.Column("updated_at", Instant, nullable=False, info=WALL_CLOCK),
)

coverage = sa.Table(
    "coverage",
    metadata,
    _key("source"),
    sa.Column("day", sa.Date, primary_key=True),
    _count("posts"),
    _count("gaps"),
    _text("status"),
)

gaps = sa.Table(
    "gaps",
    metadata,
    _key("source"),
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
    _count("last"),
    _text("state"),
    sa.Column("at", Instant, nullable=False),
    comment="message ids that the source did not show: first to last, both included",
)

source_states = sa.Table(
    "source_states",
    metadata,
    _key("source"),
    _text("state"),
    _text("reason"),
    _count("failures"),
    _count("first_id", nullable=True),
    _count("last_id", nullable=True),
    sa.Column("checked_at", Instant, info=WALL_CLOCK),
    sa.Column("complete_at", Instant, info=WALL_CLOCK),
    comment="how the last reading of each source ended, and the span of ids that was looked at",
)

rejected = sa.Table(
    "rejected",
    metadata,
    _key("source"),
    _key("place"),
    _text("reason"),
    _text("excerpt"),
)

users = sa.Table(
    "users",
    metadata,
    _key("name"),
    _text("role"),
    _text("password"),
    sa.Column("changed_at", Instant, nullable=False, info=WALL_CLOCK),
    comment="who may read the page; password is an argon2 hash",
)


def _secrets(name: str, what: str) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        _key("digest"),
        sa.Column("user", Words, sa.ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
        _text("label"),
        sa.Column("created_at", Instant, nullable=False, info=WALL_CLOCK),
        sa.Column("expires_at", Instant, info=WALL_CLOCK),
        comment=f"{what}, by the SHA-256 of their secret",
    )


sessions = _secrets("sessions", "sign-ins in a browser")
tokens = _secrets("tokens", "keys of programs")


def driver_typed(table: sa.Table) -> sa.Table:
    """The same table as the driver sees it: instants are integers, texts unchecked. For bulk work."""
    columns: list[sa.Column[Any]] = []
    for column in table.columns:
        kind = column.type.impl_instance if isinstance(column.type, sa.types.TypeDecorator) else column.type
        columns.append(sa.Column(column.name, kind, primary_key=column.primary_key, autoincrement=False))
    return sa.Table(table.name, sa.MetaData(), *columns)
