"""Cursors: how far a source or a stage has been read. Written in the transaction of what was read."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.counters import changed
from storage.dialects import upsert
from storage.records import Cursor
from storage.tables import cursors as table

ANNOTATE = "annotate:"
"""How the cursors of annotation begin; the model's name follows."""
ESTIMATE = "estimate:"
"""How the cursors of estimation begin; the model's name follows, and a digest of the settings."""


def read_cursor(c: Connection, name: str) -> str | None:
    """The position of the cursor; None where nothing was read yet."""
    return c.execute(sa.select(table.c.position).where(table.c.name == name)).scalar()


def write_cursor(c: Connection, name: str, position: str) -> None:
    """Set the position of the cursor. That of an estimate tells readers that there are new results."""
    if name.startswith(ESTIMATE):
        changed(c, "results")
    upsert(c, table, [{"name": name, "position": position, "updated_at": dt.datetime.now(dt.UTC)}])


def cursors(c: Connection) -> list[Cursor]:
    """Every cursor, by name."""
    rows = c.execute(sa.select(table.c.name, table.c.position, table.c.updated_at))
    return sorted((Cursor(*row) for row in rows), key=lambda cursor: cursor.name)
