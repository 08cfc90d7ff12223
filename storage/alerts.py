"""Alerts: stored once, together with what is to be sent; taken note of, annotated, ended; and what is muted.

What becomes of the messages is in `storage.outbox`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.counters import changed, lock_counter, set_counter
from storage.dialects import upsert
from storage.errors import UnknownAlert
from storage.outbox import add_deliveries, deliveries
from storage.records import Alert, AlertKind, AlertState, Mute
from storage.tables import alerts as table
from storage.tables import mutes as mute_table
from storage.types import Json

__all__ = [
    "acknowledge",
    "alert",
    "alerts",
    "annotate_alert",
    "count_alerts",
    "deliveries",
    "end_alert",
    "explain_further",
    "listed_alerts",
    "mute",
    "muted",
    "mutes",
    "store_alert",
    "unmute",
]

_FIELDS = tuple(field.name for field in fields(Alert))
_KEY = ("rule", "target", "group", "value", "window")


def store_alert(
    c: Connection, alert: Alert, channels: Iterable[str], due_at: dt.datetime | None = None
) -> Alert | None:
    """Store a new alert and one pending delivery for each channel; None, and nothing written, where its key is there.

    The key is rule, target, group, value and window. Gives back the alert with its id and `raised_at`. Nothing is to
    be sent before `due_at`.
    """
    number = lock_counter(c, "alert")
    same_key = (table.c[name] == getattr(alert, name) for name in _KEY)
    if c.execute(sa.select(table.c.id).where(*same_key)).scalar() is not None:
        return None
    stored = replace(alert, id=number + 1, raised_at=alert.raised_at or dt.datetime.now(dt.UTC))
    set_counter(c, "alert", number + 1)
    c.execute(sa.insert(table).values(asdict(stored)))
    add_deliveries(c, number + 1, channels, "raised", due_at)
    changed(c, "alerts")
    return stored


def alerts(c: Connection, state: AlertState | None = None, kind: AlertKind | None = None) -> list[Alert]:
    """The alerts in one state and of one kind, or all, in the order in which they were stored."""
    query = sa.select(*(table.c[name] for name in _FIELDS)).order_by(table.c.id)
    if state is not None:
        query = query.where(table.c.state == state)
    if kind is not None:
        query = query.where(table.c.kind == kind)
    return [Alert(*row) for row in c.execute(query)]


def listed_alerts(
    c: Connection,
    *,
    state: AlertState | None = None,
    kind: AlertKind | None = None,
    newest_first: bool = True,
    limit: int = 100,
    offset: int = 0,
) -> list[Alert]:
    """Alerts for a list, by id: without their explanations, which hold series and quoted posts."""
    explained = sa.literal_column("'{}'", Json).label("explanation")
    columns = [explained if name == "explanation" else table.c[name] for name in _FIELDS]
    query = sa.select(*columns).order_by(table.c.id.desc() if newest_first else table.c.id).limit(limit).offset(offset)
    asked = ((table.c.state, state), (table.c.kind, kind))
    query = query.where(*(column == wanted for column, wanted in asked if wanted is not None))
    return [Alert(*row) for row in c.execute(query)]


def count_alerts(c: Connection, state: AlertState | None = None) -> int:
    """How many alerts are stored, in one state or in all."""
    query = sa.select(sa.func.count()).select_from(table)
    return int(c.execute(query if state is None else query.where(table.c.state == state)).scalar_one())


def alert(c: Connection, id: int) -> Alert:
    """The alert with this id. UnknownAlert where there is none."""
    return _read(c, id)


def acknowledge(c: Connection, id: int, who: str, note: str = "", at: dt.datetime | None = None) -> Alert:
    """Say that `who` has taken note, at `at` (now), with a note or without. UnknownAlert where there is none.

    An open alert becomes acknowledged, or closed where it has ended already. Who took note first stays; a later call
    only adds its note.
    """
    current = _read(c, id, locked=True)
    if current.state == "open":
        state = "acknowledged" if current.ended is None else "closed"
        values = {"state": state, "acknowledged_by": who, "acknowledged_at": at or dt.datetime.now(dt.UTC)}
        _update(c, id, values)
    return annotate_alert(c, id, who, note, at) if note else _read(c, id)


def annotate_alert(c: Connection, id: int, who: str, note: str, at: dt.datetime | None = None) -> Alert:
    """Write a note beside an alert, whatever its state. UnknownAlert where there is none; ValueError for no text."""
    if not note.strip():
        raise ValueError("the note is empty; write what the next person should know")
    current = _read(c, id, locked=True)
    moment = (at or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    entry = {"at": moment.isoformat(timespec="seconds"), "by": who, "text": note.strip()}
    _update(c, id, {"notes": (*current.notes, entry)})
    return _read(c, id)


def end_alert(c: Connection, id: int, ended: dt.date, explanation: dict[str, object] | None = None) -> bool:
    """Say that the alert was over on the local day `ended`; it closes where somebody has taken note of it.

    `explanation` adds to its own. False, and nothing written, where it had ended before. UnknownAlert where there is
    none.
    """
    current = _read(c, id, locked=True)
    if current.ended is not None:
        return False
    values = {
        "ended": ended,
        "state": "open" if current.state == "open" else "closed",
        "explanation": {**current.explanation, **(explanation or {})},
    }
    _update(c, id, values)
    return True


def explain_further(c: Connection, id: int, explanation: dict[str, object]) -> None:
    """Add to the explanation of an alert; keys that are there are replaced. UnknownAlert where there is none."""
    current = _read(c, id, locked=True)
    merged = {**current.explanation, **explanation}
    if merged != current.explanation:
        _update(c, id, {"explanation": merged})


def mute(c: Connection, subject: str, until: dt.datetime, by: str, note: str = "") -> Mute:
    """Send nothing about `subject` (a rule, a target or a source) before `until`; a mute that is there is replaced.

    Alerts go on being found and stored. ValueError for an empty subject or a time without a zone.
    """
    if not subject or until.tzinfo is None:
        raise ValueError("a mute takes the name of a rule, a target or a source, and a time with its zone")
    made = Mute(subject, until, by, note, dt.datetime.now(dt.UTC))
    upsert(c, mute_table, [asdict(made)])
    changed(c, "alerts")
    return made


def unmute(c: Connection, subject: str) -> bool:
    """End a mute; False where there was none."""
    changed(c, "alerts")
    return c.execute(sa.delete(mute_table).where(mute_table.c.subject == subject)).rowcount == 1


def mutes(c: Connection, now: dt.datetime) -> list[Mute]:
    """The mutes that hold at `now`, by subject."""
    query = sa.select(mute_table).where(mute_table.c.until > now).order_by(mute_table.c.subject)
    return [Mute(*row) for row in c.execute(query)]


def muted(alert: Alert, active: Iterable[Mute]) -> Mute | None:
    """The mute that holds back this alert: of its rule, its target, or the source that it is about."""
    about = {alert.rule, alert.target} | ({alert.value} if alert.group == "source" else set())
    return next((one for one in active if one.subject in about), None)


def _update(c: Connection, id: int, values: Mapping[str, object]) -> None:
    c.execute(sa.update(table).where(table.c.id == id).values(values))
    changed(c, "alerts")


def _read(c: Connection, id: int, *, locked: bool = False) -> Alert:
    query = sa.select(*(table.c[name] for name in _FIELDS)).where(table.c.id == id)
    row = c.execute(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise UnknownAlert(f"there is no alert {id}; `pikir alerts list` shows the ids")
    return Alert(*row)
