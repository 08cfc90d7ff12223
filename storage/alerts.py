"""Alerts and the outbox: an alert and what is to be sent of it are stored in one transaction, then sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, fields, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.counters import lock_counter, set_counter
from storage.errors import UnknownAlert
from storage.records import Alert, AlertState, Delivery
from storage.tables import alerts as table
from storage.tables import deliveries as delivery_table

_FIELDS = tuple(field.name for field in fields(Alert))
_DELIVERY_FIELDS = tuple(field.name for field in fields(Delivery))
_KEY = ("rule", "target", "group", "value", "window")


def store_alert(c: Connection, alert: Alert, channels: Iterable[str]) -> Alert | None:
    """Store a new alert and one pending delivery for each channel; None, and nothing written, where its key is there.

    The key is rule, target, group, value and window. Gives back the alert with its id and `raised_at`.
    """
    number = lock_counter(c, "alert")
    same_key = (table.c[name] == getattr(alert, name) for name in _KEY)
    if c.execute(sa.select(table.c.id).where(*same_key)).scalar() is not None:
        return None
    stored = replace(alert, id=number + 1, raised_at=alert.raised_at or dt.datetime.now(dt.UTC))
    set_counter(c, "alert", number + 1)
    c.execute(sa.insert(table).values(asdict(stored)))
    pending = [asdict(Delivery(number + 1, channel)) for channel in dict.fromkeys(channels)]
    if pending:
        c.execute(sa.insert(delivery_table), pending)
    return stored


def alerts(c: Connection, state: AlertState | None = None) -> list[Alert]:
    """The alerts in one state, or all, in the order in which they were stored."""
    query = sa.select(*(table.c[name] for name in _FIELDS)).order_by(table.c.id)
    if state is not None:
        query = query.where(table.c.state == state)
    return [Alert(*row) for row in c.execute(query)]


def alert(c: Connection, id: int) -> Alert:
    """The alert with this id. UnknownAlert where there is none."""
    row = c.execute(sa.select(*(table.c[name] for name in _FIELDS)).where(table.c.id == id)).one_or_none()
    if row is None:
        raise UnknownAlert(f"there is no alert {id}; `pikir alerts list` shows the ids")
    return Alert(*row)


def acknowledge(c: Connection, id: int, who: str) -> Alert:
    """Say that `who` has taken note. UnknownAlert where there is none; a closed alert stays closed."""
    current = alert(c, id)
    if current.state == "open":
        c.execute(sa.update(table).where(table.c.id == id).values(state="acknowledged", acknowledged_by=who))
    return alert(c, id)


def pending_deliveries(c: Connection) -> list[Delivery]:
    """What is still to be sent, oldest alert first; failed attempts are among them with their count and error."""
    query = sa.select(*(delivery_table.c[name] for name in _DELIVERY_FIELDS))
    rows = c.execute(query.where(delivery_table.c.delivered_at.is_(None)))
    return sorted((Delivery(*row) for row in rows), key=lambda delivery: (delivery.alert_id, delivery.channel))


def deliveries(c: Connection, alert_id: int) -> list[Delivery]:
    """The deliveries of one alert, sent or not, by channel."""
    query = sa.select(*(delivery_table.c[name] for name in _DELIVERY_FIELDS))
    rows = c.execute(query.where(delivery_table.c.alert_id == alert_id))
    return sorted((Delivery(*row) for row in rows), key=lambda delivery: delivery.channel)


def claim_delivery(c: Connection, delivery: Delivery, at: dt.datetime) -> bool:
    """Mark that an attempt begins at `at`; False where another process began one, or sent it, since it was read."""
    unchanged = (
        delivery_table.c.attempted_at.is_(None)
        if delivery.attempted_at is None
        else delivery_table.c.attempted_at == delivery.attempted_at
    )
    free = _is(delivery) & delivery_table.c.delivered_at.is_(None) & unchanged
    return c.execute(sa.update(delivery_table).where(free).values(attempted_at=at)).rowcount == 1


def record_attempt(c: Connection, delivery: Delivery, ok: bool, error: str = "") -> None:
    """Count one attempt: delivered now where `ok`, otherwise still pending with the error."""
    values = {
        "attempts": delivery_table.c.attempts + 1,
        "delivered_at": dt.datetime.now(dt.UTC) if ok else None,
        "error": "" if ok else error,
    }
    c.execute(sa.update(delivery_table).where(_is(delivery)).values(values))


def _is(delivery: Delivery) -> sa.ColumnElement[bool]:
    return (delivery_table.c.alert_id == delivery.alert_id) & (delivery_table.c.channel == delivery.channel)
