"""What stands beside a number: the method of a comparison; the busiest authors and the copies of a share."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_SHARES = (
    *("share", "low", "high", "n_posts", "n_authors", "n_labels", "n_eff", "deff", "top_author_share"),
    *("near_duplicate_share", "method", "complete"),
)
_COMPARED = (
    *("stance", "narrative", "poll_share", "monitor_share", "difference", "low", "high", "p_above", "p_equivalent"),
    *("house", "house_low", "house_high", "house_polls", "adjusted_share", "adjusted_difference", "adjusted_low"),
    *("adjusted_high", "n_authors", "n_eff", "method", "verdict", "reason"),
)
_ASKED = ("pollster", "question", "mode", "n", "margin", "source")


def upgrade() -> None:
    for view in ("pikir_polls", "pikir_trends"):
        op.execute(f"DROP VIEW {view}")
    op.add_column("comparisons", sa.Column("method", sa.Text(), nullable=False, server_default=""))
    for name in ("top_author_share", "near_duplicate_share"):
        op.add_column("shares", sa.Column(name, sa.Double(), nullable=True))
    op.execute(
        f'CREATE VIEW pikir_trends AS SELECT target, "by", period, starts, {_day("starts")} AS time, "group", value, '  # noqa: S608
        f"voices, among, stance, {', '.join(_SHARES)} FROM shares WHERE model = (SELECT model FROM pikir_model)"
    )
    columns = ", ".join([*(f"polls.{name}" for name in _ASKED), *(f"comparisons.{name}" for name in _COMPARED)])
    op.execute(
        f"CREATE VIEW pikir_polls AS SELECT comparisons.poll, comparisons.target, comparisons.starts, "  # noqa: S608
        f"comparisons.ends, {_day('comparisons.ends')} AS time, {columns} "
        "FROM comparisons LEFT JOIN polls ON polls.poll = comparisons.poll "
        "WHERE comparisons.model = (SELECT model FROM pikir_model)"
    )


def _day(column: str) -> str:
    """The first instant of a day in UTC: what charts take as time."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    return f"CAST({column} AS timestamp) AT TIME ZONE 'UTC'" if postgresql else f"{column} || 'T00:00:00Z'"
