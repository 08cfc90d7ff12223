"""What was forgotten and must not come back, and which files hold what the database held."""

from __future__ import annotations

import sqlalchemy as sa

from storage.tables.columns import WALL_CLOCK, key, metadata, text
from storage.types import Instant

forgotten = sa.Table(
    "forgotten",
    metadata,
    key("digest"),
    text("kind"),
    sa.Column("at", Instant, nullable=False, info=WALL_CLOCK),
    comment="posts and authors that are not stored again, by the SHA-256 of their key",
)

exports = sa.Table(
    "exports",
    metadata,
    key("path"),
    text("kind"),
    sa.Column("texts", sa.Boolean, nullable=False),
    sa.Column("written_at", Instant, nullable=False, info=WALL_CLOCK),
    comment="files that were written from this database; texts: whether posts are quoted in them",
)
