"""A text is read once: what a model read in each distinct text; and indexes for reading posts by time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column("text_digest", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("results", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("text_digest", "model", name="pk_readings"),
        comment="what a model read in one distinct text; a text without any target has an empty list",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_posts_posted_at", "posts", ["posted_at"], unique=False)
    op.create_index("ix_posts_source_posted_at", "posts", ["source", "posted_at"], unique=False)
