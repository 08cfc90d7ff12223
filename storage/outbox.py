"""The outbox: what is to be sent about each alert, to whom, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, fields

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import sending
from storage.dialects import insert_missing
from storage.records import Delivery, Occasion
from storage.tables import deliveries as table

_FIELDS = tuple(field.name for field in fields(Delivery))


def add_deliveries(
    c: Connection, alert_id: int, channels: Iterable[str], occasion: Occasion, due_at: dt.datetime | None = None
) -> None:
    """One pending delivery for each channel; a channel that has this occasion of this alert already keeps it."""
    rows = [asdict(Delivery(alert_id, name, occasion=occasion, due_at=due_at)) for name in dict.fromkeys(channels)]
    insert_missing(c, table, rows)


def pending_deliveries(c: Connection) -> list[Delivery]:
    """What is still to be sent, oldest alert first; failed attempts are among them, dead letters are not."""
    return _read(c, sending.is_pending(table))


def dead_letters(c: Connection) -> list[Delivery]:
    """What was given up after too many attempts, oldest alert first."""
    return _read(c, table.c.dead_at.is_not(None))


def deliveries(c: Connection, alert_id: int | None = None) -> list[Delivery]:
    """The deliveries of one alert, or all, sent or not, by alert, channel and occasion."""
    return _read(c, sa.true() if alert_id is None else table.c.alert_id == alert_id)


def claim_delivery(c: Connection, delivery: Delivery, at: dt.datetime, due_at: dt.datetime | None = None) -> bool:
    """`storage.sending.claim` of this delivery."""
    return sending.claim(c, table, _is(delivery), delivery.attempts, at, due_at)


def record_delivered(c: Connection, delivery: Delivery, at: dt.datetime) -> bool:
    """`storage.sending.delivered` of this delivery."""
    return sending.delivered(c, table, _is(delivery), at)


def record_failure(
    c: Connection,
    delivery: Delivery,
    error: str,
    *,
    due_at: dt.datetime | None = None,
    dead_at: dt.datetime | None = None,
) -> None:
    """`storage.sending.failed` of this delivery."""
    sending.failed(c, table, _is(delivery), error, due_at, dead_at)


def requeue(c: Connection, alert_id: int | None = None, channel: str | None = None) -> int:
    """Dead letters, of one alert and one channel or all, become pending and due at once; returns how many."""
    asked = {"alert_id": alert_id, "channel": channel}
    return sending.requeue(c, table, *(table.c[name] == value for name, value in asked.items() if value is not None))


def _read(c: Connection, where: sa.ColumnElement[bool]) -> list[Delivery]:
    rows = c.execute(sa.select(*(table.c[name] for name in _FIELDS)).where(where))
    return sorted((Delivery(*row) for row in rows), key=lambda one: (one.alert_id, one.channel, one.occasion))


def _is(delivery: Delivery) -> sa.ColumnElement[bool]:
    return (
        (table.c.alert_id == delivery.alert_id)
        & (table.c.channel == delivery.channel)
        & (table.c.occasion == delivery.occasion)
    )
