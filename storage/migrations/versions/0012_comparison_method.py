"""The method of the share that stands beside a poll, in the comparisons and in their view."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_COMPARED = (
    *("stance", "narrative", "poll_share", "monitor_share", "difference", "low", "high", "p_above", "p_equivalent"),
    *("house", "house_low", "house_high", "house_polls", "adjusted_share", "adjusted_difference", "adjusted_low"),
    *("adjusted_high", "n_authors", "n_eff", "method", "verdict", "reason"),
)
_ASKED = ("pollster", "question", "mode", "n", "margin", "source")


def upgrade() -> None:
    op.execute("DROP VIEW pikir_polls")
    op.add_column("comparisons", sa.Column("method", sa.Text(), nullable=False, server_default=""))
    postgresql = op.get_bind().dialect.name == "postgresql"
    day = "CAST(comparisons.ends AS timestamp) AT TIME ZONE 'UTC'" if postgresql else "comparisons.ends || 'T00:00:00Z'"
    columns = ", ".join([*(f"polls.{name}" for name in _ASKED), *(f"comparisons.{name}" for name in _COMPARED)])
    op.execute(
        f"CREATE VIEW pikir_polls AS SELECT comparisons.poll, comparisons.target, comparisons.starts, "  # noqa: S608
        f"comparisons.ends, {day} AS time, {columns} "
        "FROM comparisons LEFT JOIN polls ON polls.poll = comparisons.poll "
        "WHERE comparisons.model = (SELECT model FROM pikir_model)"
    )
