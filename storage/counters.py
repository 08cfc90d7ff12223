"""Numbers that grow by one for each row, without gaps and in the order in which they become visible.

A database sequence gives neither: a transaction that is undone burns its numbers, and one that
took a lower number may commit after one that took a higher, so that a reader of "all after 7"
would miss it. Here the counter's row is locked until the writer commits.
"""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.tables import counters

Counter = Literal["revision", "alert", "draw"]


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
