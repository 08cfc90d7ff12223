"""The reports on their way: one row for each period and recipient, so that each goes out once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, fields

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import sending
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
        query = query.where(sending.is_pending(table))
    return [ReportDelivery(*row) for row in c.execute(query)]


def claim_report(c: Connection, one: ReportDelivery, at: dt.datetime, due_at: dt.datetime) -> bool:
    """`storage.sending.claim` of this report."""
    return sending.claim(c, table, _is(one), one.attempts, at, due_at)


def record_report(c: Connection, one: ReportDelivery, at: dt.datetime) -> bool:
    """`storage.sending.delivered` of this report."""
    return sending.delivered(c, table, _is(one), at)


def record_report_failure(
    c: Connection,
    one: ReportDelivery,
    error: str,
    *,
    due_at: dt.datetime | None = None,
    dead_at: dt.datetime | None = None,
) -> None:
    """`storage.sending.failed` of this report."""
    sending.failed(c, table, _is(one), error, due_at, dead_at)


def requeue_reports(c: Connection, channel: str | None = None) -> int:
    """Reports that were given up, to one channel or all, become pending and due at once; returns how many."""
    return sending.requeue(c, table, *([] if channel is None else [table.c.channel == channel]))


def _is(one: ReportDelivery) -> sa.ColumnElement[bool]:
    return (table.c.period == one.period) & (table.c.channel == one.channel)
