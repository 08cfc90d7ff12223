"""Numbers that grow by one for each row, without gaps and in the order in which they become visible.

A database sequence gives neither: a transaction that is undone burns its numbers, and one that
took a lower number may commit after one that took a higher, so that a reader of "all after 7"
would miss it. Here the counter's row is locked until the writer commits.
"""

from __future__ import annotations

from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.tables import counters

Counter = Literal["revision", "alert", "draw"]
Changes = Literal["results", "alerts", "coverage"]
"""What a reader may keep until it changes: shares, polls and comparisons; alerts and mutes; days counted."""


def read_counter(c: Connection, name: Counter) -> int:
    """The last number that was given out; 0 before the first."""
    return int(c.execute(sa.select(counters.c.value).where(counters.c.name == name)).scalar_one())


def lock_counter(c: Connection, name: Counter) -> int:
    """The last number given out. Other writers of this counter wait until the caller's transaction ends."""
    query = sa.select(counters.c.value).where(counters.c.name == name).with_for_update()
    return int(c.execute(query).scalar_one())


def set_counter(c: Connection, name: Counter, value: int) -> None:
    """Say which number was given out last; only under the lock of `lock_counter`."""
    c.execute(sa.update(counters).where(counters.c.name == name).values(value=value))


def changed(c: Connection, what: Changes) -> None:
    """Say, in the transaction that changes it, that what was read of `what` before is no longer all there is."""
    c.execute(sa.update(counters).where(counters.c.name == what).values(value=counters.c.value + 1))


def changes(c: Connection) -> dict[str, int]:
    """The number of changes of each kind so far: what was read under the same number is the same still."""
    rows = c.execute(sa.select(counters.c.name, counters.c.value).where(counters.c.name.in_(get_args(Changes))))
    return {name: int(value) for name, value in rows}
