"""The reports on their way: one row for each period and recipient, so that each goes out once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, fields

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import insert_missing
from storage.records import ReportDelivery
from storage.tables import report_deliveries as table

_FIELDS = tuple(field.name for field in fields(ReportDelivery))


def add_report_deliveries(c: Connection, period: str, channels: Iterable[str]) -> None:
    """One pending delivery of a period's report to each channel; what is there already, sent or not, stays."""
    insert_missing(c, table, [asdict(ReportDelivery(period, name)) for name in dict.fromkeys(channels)])


def report_deliveries(c: Connection, *, pending: bool = False) -> list[ReportDelivery]:
    """All deliveries of reports, or those that are still to be sent, by period and channel."""
    query = sa.select(*(table.c[name] for name in _FIELDS)).order_by(table.c.period, table.c.channel)
    if pending:
        query = query.where(table.c.delivered_at.is_(None), table.c.dead_at.is_(None))
    return [ReportDelivery(*row) for row in c.execute(query)]


def claim_report(c: Connection, one: ReportDelivery, at: dt.datetime, due_at: dt.datetime) -> bool:
    """Count that an attempt begins at `at`; False where another process began one since it was read.

    `due_at`: when it is tried again should this attempt never come to an end.
    """
    free = table.c.delivered_at.is_(None) & table.c.dead_at.is_(None) & (table.c.attempts == one.attempts)
    values = {"attempted_at": at, "attempts": one.attempts + 1, "due_at": due_at}
    return c.execute(sa.update(table).where(_is(one), free).values(values)).rowcount == 1


def record_report(
    c: Connection,
    one: ReportDelivery,
    *,
    delivered_at: dt.datetime | None = None,
    error: str = "",
    due_at: dt.datetime | None = None,
    dead_at: dt.datetime | None = None,
) -> None:
    """What became of an attempt: it arrived, is to be tried again at `due_at`, or was given up at `dead_at`."""
    values = {"delivered_at": delivered_at, "error": error, "due_at": due_at, "dead_at": dead_at}
    c.execute(sa.update(table).where(_is(one), table.c.delivered_at.is_(None)).values(values))


def requeue_reports(c: Connection, channel: str | None = None) -> int:
    """Reports that were given up, to one channel or all, become pending and due at once; returns how many."""
    dead: sa.ColumnElement[bool] = table.c.dead_at.is_not(None)
    if channel is not None:
        dead &= table.c.channel == channel
    return c.execute(sa.update(table).where(dead).values(attempts=0, due_at=None, dead_at=None)).rowcount


def _is(one: ReportDelivery) -> sa.ColumnElement[bool]:
    return (table.c.period == one.period) & (table.c.channel == one.channel)
