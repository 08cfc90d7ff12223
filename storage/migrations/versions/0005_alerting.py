"""Alerts of two kinds that end and carry notes; deliveries by occasion, with a due time and dead letters; mutes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("alerts", sa.Column("kind", sa.Text(), nullable=False, server_default="opinion"))
    op.add_column("alerts", sa.Column("ended", sa.Date(), nullable=True))
    op.add_column("alerts", sa.Column("acknowledged_at", sa.BigInteger(), nullable=True))
    op.add_column("alerts", sa.Column("notes", sa.Text(), nullable=False, server_default="[]"))
    _deliveries_by_occasion()
    op.create_table(
        "mutes",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("muted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("subject", name="pk_mutes"),
        comment="rules, targets and sources about which nothing is sent for a while",
    )


def _deliveries_by_occasion() -> None:
    """A new primary key: SQLite cannot change one in place, so the rows move into a table that is made anew."""
    op.execute("CREATE TABLE deliveries_kept AS SELECT * FROM deliveries")
    op.drop_table("deliveries")
    op.create_table(
        "deliveries",
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempted_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("dead_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_deliveries_alerts", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id", "channel", "occasion", name="pk_deliveries"),
    )
    op.execute(
        "INSERT INTO deliveries (alert_id, channel, attempts, delivered_at, error, attempted_at, occasion) "
        "SELECT alert_id, channel, attempts, delivered_at, error, attempted_at, 'raised' FROM deliveries_kept"
    )
    op.drop_table("deliveries_kept")
