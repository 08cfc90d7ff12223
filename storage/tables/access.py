"""Who may read the page."""

from __future__ import annotations

import sqlalchemy as sa

from storage.tables.columns import WALL_CLOCK, key, metadata, text
from storage.types import Instant, Words

users = sa.Table(
    "users",
    metadata,
    key("name"),
    text("role"),
    text("password"),
    sa.Column("changed_at", Instant, nullable=False, info=WALL_CLOCK),
    comment="who may read the page; password is an argon2 hash",
)


def _secrets(name: str, what: str) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        key("digest"),
        sa.Column("user", Words, sa.ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
        text("label"),
        sa.Column("created_at", Instant, nullable=False, info=WALL_CLOCK),
        sa.Column("expires_at", Instant, info=WALL_CLOCK),
        comment=f"{what}, by the SHA-256 of their secret",
    )


sessions = _secrets("sessions", "sign-ins in a browser")

tokens = _secrets("tokens", "keys of programs")
