"""Draws of authors to be labelled by people, the posts drawn, and what was settled where coders disagree."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "draws",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("starts", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("authors", sa.BigInteger(), nullable=False),
        sa.Column("posts", sa.BigInteger(), nullable=False),
        sa.Column("strata", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_draws"),
        comment="probability samples of authors: the window, the population, and how many were drawn of each stratum",
    )
    op.create_table(
        "drawn_posts",
        sa.Column("draw", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("inclusion_probability", sa.Double(), nullable=False),
        sa.Column("author_posts", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["draw"], ["draws.id"], name="fk_drawn_posts_draws", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["source", "native_id"],
            ["posts.source", "posts.native_id"],
            name="fk_drawn_posts_posts",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("draw", "source", "native_id", name="pk_drawn_posts"),
        comment="the post that stands for each drawn author, in the order of the queue",
    )
    op.create_table(
        "adjudications",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source", "native_id"],
            ["posts.source", "posts.native_id"],
            name="fk_adjudications_posts",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source", "native_id", "target", name="pk_adjudications"),
        comment="the label that was settled where coders disagree",
    )
    op.bulk_insert(sa.table("counters", sa.column("name"), sa.column("value")), [{"name": "draw", "value": 0}])
