"""How the last reading of each source ended, and which span of ids was looked at."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import upsert
from storage.records import ReadingState, SourceState
from storage.tables import source_states as table


def source_states(c: Connection) -> dict[str, SourceState]:
    """The state of every source that was ever read, by name."""
    return {row.source: SourceState(*row) for row in c.execute(sa.select(table))}


def write_state(
    c: Connection, source: str, state: ReadingState, reason: str, at: dt.datetime, *, whole: bool = True
) -> None:
    """A reading ended so at `at`. A state other than ok counts one more failure in a row; ok ends the row.

    `whole`: whether it came to the source's end, where it ended well.
    """
    known = _state(c, source)
    well = state == "ok"
    row = {
        "source": source,
        "state": state,
        "reason": reason,
        "failures": 0 if well else known.failures + 1,
        "checked_at": at,
        "complete_at": at if well and whole else known.complete_at,
    }
    upsert(c, table, [row])


def add_wait(c: Connection, source: str, seconds: float) -> None:
    """The source asked to wait so many seconds more."""
    if seconds > 0:
        c.execute(sa.update(table).where(table.c.source == source).values(waited=table.c.waited + seconds))


def widen_span(c: Connection, source: str, first: int, last: int) -> None:
    """The ids from `first` to `last` were looked at as well."""
    known = _state(c, source)
    row = {
        "source": source,
        "state": known.state,
        "reason": known.reason,
        "failures": known.failures,
        "first_id": first if known.first_id is None else min(first, known.first_id),
        "last_id": last if known.last_id is None else max(last, known.last_id),
    }
    upsert(c, table, [row])


def _state(c: Connection, source: str) -> SourceState:
    row = c.execute(sa.select(table).where(table.c.source == source)).first()
    return SourceState(*row) if row else SourceState(source)
