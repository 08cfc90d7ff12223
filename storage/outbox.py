"""The outbox: what is to be sent about each alert, to whom, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, fields

import sqlalchemy as sa
from sqlalchemy.engine import Connection

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
    return _read(c, table.c.delivered_at.is_(None) & table.c.dead_at.is_(None))


def dead_letters(c: Connection) -> list[Delivery]:
    """What was given up after too many attempts, oldest alert first."""
    return _read(c, table.c.dead_at.is_not(None))


def deliveries(c: Connection, alert_id: int | None = None) -> list[Delivery]:
    """The deliveries of one alert, or all, sent or not, by alert, channel and occasion."""
    return _read(c, sa.true() if alert_id is None else table.c.alert_id == alert_id)


def claim_delivery(c: Connection, delivery: Delivery, at: dt.datetime, due_at: dt.datetime | None = None) -> bool:
    """Count that an attempt begins at `at`; False where another process began one, or ended it, since it was read.

    `due_at`: when the delivery is tried again should this attempt never come to an end.
    """
    free = table.c.delivered_at.is_(None) & table.c.dead_at.is_(None) & (table.c.attempts == delivery.attempts)
    values = {"attempted_at": at, "attempts": delivery.attempts + 1, "due_at": due_at}
    return c.execute(sa.update(table).where(_is(delivery), free).values(values)).rowcount == 1


def record_delivered(c: Connection, delivery: Delivery, at: dt.datetime) -> bool:
    """Record that it arrived at `at`; False, and nothing written, where that was recorded before."""
    values = {"delivered_at": at, "error": "", "due_at": None, "dead_at": None}
    open_ = table.c.delivered_at.is_(None)
    return c.execute(sa.update(table).where(_is(delivery), open_).values(values)).rowcount == 1


def record_failure(
    c: Connection,
    delivery: Delivery,
    error: str,
    *,
    due_at: dt.datetime | None = None,
    dead_at: dt.datetime | None = None,
) -> None:
    """Record why an attempt failed: to be tried again at `due_at`, or given up at `dead_at`."""
    values = {"error": error, "due_at": None if dead_at else due_at, "dead_at": dead_at}
    c.execute(sa.update(table).where(_is(delivery), table.c.delivered_at.is_(None)).values(values))


def requeue(c: Connection, alert_id: int | None = None, channel: str | None = None) -> int:
    """Dead letters, of one alert and one channel or all, become pending and due at once; returns how many."""
    dead: sa.ColumnElement[bool] = table.c.dead_at.is_not(None)
    if alert_id is not None:
        dead &= table.c.alert_id == alert_id
    if channel is not None:
        dead &= table.c.channel == channel
    fresh = {"attempts": 0, "due_at": None, "dead_at": None}
    return c.execute(sa.update(table).where(dead).values(fresh)).rowcount


def _read(c: Connection, where: sa.ColumnElement[bool]) -> list[Delivery]:
    rows = c.execute(sa.select(*(table.c[name] for name in _FIELDS)).where(where))
    return sorted((Delivery(*row) for row in rows), key=lambda one: (one.alert_id, one.channel, one.occasion))


def _is(delivery: Delivery) -> sa.ColumnElement[bool]:
    return (
        (table.c.alert_id == delivery.alert_id)
        & (table.c.channel == delivery.channel)
        & (table.c.occasion == delivery.occasion)
    )
