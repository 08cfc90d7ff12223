"""Which files were written from this database, so that whoever must forget knows where copies lie."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import upsert
from storage.tables import exports as table

LONGEST_PATH = 1_000


@dataclass(frozen=True, slots=True)
class Export:
    """A file or folder that was written. `kind`: export, report or audit; `texts`: whether posts are quoted in it."""

    path: str
    kind: str
    texts: bool
    written_at: dt.datetime


def record_export(c: Connection, path: Path, kind: str, *, texts: bool) -> None:
    """Remember that `path` was written just now; the same path again counts once, with its last time."""
    place = str(path.expanduser().absolute())[-LONGEST_PATH:]
    upsert(c, table, [{"path": place, "kind": kind, "texts": texts, "written_at": dt.datetime.now(dt.UTC)}])


def exports(c: Connection) -> list[Export]:
    """What was written, by path."""
    rows = c.execute(sa.select(table.c.path, table.c.kind, table.c.texts, table.c.written_at))
    return sorted((Export(*row) for row in rows), key=lambda one: one.path)
