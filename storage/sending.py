"""How something goes out, at least once and recorded once: what the outbox of alerts and that of reports share.

The tables have the columns of `storage.tables.alerting.sending`; `one` is the condition on a table's key.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.engine import Connection

Condition = sa.ColumnElement[bool]


def is_pending(table: sa.Table) -> Condition:
    """What is still to be sent; what failed before is among it, what was given up is not."""
    return table.c.delivered_at.is_(None) & table.c.dead_at.is_(None)


def claim(
    c: Connection, table: sa.Table, one: Condition, attempts: int, at: dt.datetime, due_at: dt.datetime | None
) -> bool:
    """Count that an attempt begins at `at`; False where another process began one, or ended it, since it was read.

    `attempts`: how many there were when it was read. `due_at`: when it is tried again should this one never end.
    """
    values = {"attempted_at": at, "attempts": attempts + 1, "due_at": due_at}
    free = is_pending(table) & (table.c.attempts == attempts)
    return c.execute(sa.update(table).where(one, free).values(values)).rowcount == 1


def delivered(c: Connection, table: sa.Table, one: Condition, at: dt.datetime) -> bool:
    """Record that it arrived at `at`; False, and nothing written, where that was recorded before."""
    return _ended(c, table, one, delivered_at=at)


def failed(
    c: Connection, table: sa.Table, one: Condition, error: str, due_at: dt.datetime | None, dead_at: dt.datetime | None
) -> bool:
    """Record why an attempt failed: to be tried again at `due_at`, or given up at `dead_at`."""
    return _ended(c, table, one, error=error, due_at=None if dead_at else due_at, dead_at=dead_at)


def requeue(c: Connection, table: sa.Table, *among: Condition) -> int:
    """What was given up, among these, becomes pending and due at once; returns how many."""
    fresh = {"attempts": 0, "due_at": None, "dead_at": None}
    return c.execute(sa.update(table).where(table.c.dead_at.is_not(None), *among).values(fresh)).rowcount


def _ended(c: Connection, table: sa.Table, one: Condition, **told: object) -> bool:
    values = {"error": "", "due_at": None, "dead_at": None, **told}
    return c.execute(sa.update(table).where(one, table.c.delivered_at.is_(None)).values(values)).rowcount == 1
