"""Reports by mail, and views with stable names for other programs: results alone, no texts, no authors.

A later migration that changes a column of these views drops them first and makes them anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

VIEWS = ("model", "trends", "polls", "poll_changes", "alerts", "sources", "coverage")


def upgrade() -> None:
    op.create_table(
        "report_deliveries",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempted_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("dead_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("period", "channel", name="pk_report_deliveries"),
        comment="the report of a period on its way to a recipient",
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name in VIEWS:
        op.execute(f"CREATE VIEW pikir_{name} AS {_SELECTS[name](postgresql)}")


def _day(column: str, postgresql: bool) -> str:
    """The first instant of a day in UTC: what charts take as time."""
    return f"CAST({column} AS timestamp) AT TIME ZONE 'UTC'" if postgresql else f"{column} || 'T00:00:00Z'"


def _instant(column: str, postgresql: bool) -> str:
    """Stored microseconds since 1970 as a time."""
    if postgresql:
        return f"to_timestamp({column} / 1000000.0)"
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {column} / 1000000, 'unixepoch')"


def _model(postgresql: bool) -> str:
    # The cursor is called estimate:<model>:<digest>; what stands before the last colon is the model.
    name = "substr(name, 10)"
    model = f"rtrim(rtrim({name}, replace({name}, ':', '')), ':')"
    return (
        f"SELECT {model} AS model, {_instant('updated_at', postgresql)} AS estimated_at FROM cursors "  # noqa: S608
        "WHERE name LIKE 'estimate:%' ORDER BY updated_at DESC, name DESC LIMIT 1"
    )


def _trends(postgresql: bool) -> str:
    return (
        f'SELECT target, "by", period, starts, {_day("starts", postgresql)} AS time, "group", value, voices, among, '  # noqa: S608
        "stance, share, low, high, n_posts, n_authors, n_labels, n_eff, deff, method, complete "
        "FROM shares WHERE model = (SELECT model FROM pikir_model)"
    )


def _polls(postgresql: bool) -> str:
    judged = (
        "stance, narrative, poll_share, monitor_share, difference, low, high, p_above, p_equivalent, house, house_low, "
        "house_high, house_polls, adjusted_share, adjusted_difference, adjusted_low, adjusted_high, n_authors, n_eff, "
        "verdict, reason"
    )
    told = ", ".join(f"comparisons.{name}" for name in judged.split(", "))
    asked = ", ".join(f"polls.{name}" for name in ("pollster", "question", "mode", "n", "margin", "source"))
    return (
        f"SELECT comparisons.poll, comparisons.target, comparisons.starts, comparisons.ends, "  # noqa: S608
        f"{_day('comparisons.ends', postgresql)} AS time, {asked}, {told} "
        "FROM comparisons LEFT JOIN polls ON polls.poll = comparisons.poll "
        "WHERE comparisons.model = (SELECT model FROM pikir_model)"
    )


def _poll_changes(_: bool) -> str:
    return (
        "SELECT poll, earlier, target, stance, poll_change, monitor_change, difference, low, high, p_above, verdict, "
        "reason FROM poll_changes WHERE model = (SELECT model FROM pikir_model)"
    )


def _alerts(postgresql: bool) -> str:
    return (
        'SELECT id, kind, rule, target, "group", value, "window", '  # noqa: S608
        f"{_day(_window_day(postgresql), postgresql)} AS time, measure, observed, expected, upper, score, state, "
        f"ended, {_instant('raised_at', postgresql)} AS raised_at FROM alerts"
    )


def _window_day(postgresql: bool) -> str:
    """The first day of a window: a day, an hour (its day), or the Monday of an ISO week."""
    if postgresql:
        week = """to_date("window", 'IYYY"-W"IW')"""
        return f"""(CASE WHEN "window" LIKE '%W%' THEN {week} ELSE CAST(left("window", 10) AS date) END)"""
    january = """(substr("window", 1, 4) || '-01-04')"""
    monday = f"'-' || ((strftime('%w', {january}) + 6) % 7) || ' days'"
    weeks = """'+' || (7 * (substr("window", 7, 2) - 1)) || ' days'"""
    return (
        f"""(CASE WHEN "window" LIKE '%W%' THEN date({january}, {monday}, {weeks}) ELSE substr("window", 1, 10) END)"""
    )


def _sources(postgresql: bool) -> str:
    return (
        "SELECT sources.source, sources.kind, sources.title, sources.language, sources.region, sources.audience, "  # noqa: S608
        "coalesce(sum(coverage.posts), 0) AS posts, min(coverage.day) AS first, max(coverage.day) AS last, "
        "coalesce(sum(CASE WHEN coverage.status = 'empty' THEN 1 ELSE 0 END), 0) AS empty_days, "
        "coalesce(sum(coverage.gaps), 0) AS gaps, "
        "max(source_states.state) AS state, max(source_states.reason) AS reason, "
        f"{_instant('max(source_states.checked_at)', postgresql)} AS checked_at, "
        f"{_instant('max(source_states.complete_at)', postgresql)} AS complete_at "
        "FROM sources LEFT JOIN coverage ON coverage.source = sources.source "
        "LEFT JOIN source_states ON source_states.source = sources.source "
        "GROUP BY sources.source, sources.kind, sources.title, sources.language, sources.region, sources.audience"
    )


def _coverage(postgresql: bool) -> str:
    return f"SELECT source, day, {_day('day', postgresql)} AS time, posts, gaps, status FROM coverage"  # noqa: S608


_SELECTS = {
    "model": _model, "trends": _trends, "polls": _polls, "poll_changes": _poll_changes, "alerts": _alerts,
    "sources": _sources, "coverage": _coverage,
}  # fmt: skip
