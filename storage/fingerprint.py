"""Whether two databases hold the same: a digest of each table that leaves out when it was written."""

from __future__ import annotations

import hashlib
from typing import get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.counters import Changes
from storage.tables import counters, metadata


def fingerprint(c: Connection) -> dict[str, str]:
    """SHA-256 of each table's rows in the order of its primary key, without the columns that hold the wall clock.

    Tables that hold nothing else (runs of flows, heartbeats) are left out, and so are the counters of changes, which
    tell how often something was written.

    Equal between SQLite and PostgreSQL, and between an undisturbed run and one that was killed and run again.
    Everything is read: meant for tests and for checking a copy.
    """
    tables = (table for table in metadata.sorted_tables if not table.info.get("wall_clock"))
    return {table.name: _digest(c, table) for table in tables}


def _digest(c: Connection, table: sa.Table) -> str:
    columns = [column for column in table.columns if not column.info.get("wall_clock")]
    keys = [index for index, column in enumerate(columns) if column.primary_key]
    query = sa.select(*columns)
    if table is counters:
        query = query.where(counters.c.name.not_in(get_args(Changes)))
    rows = [tuple(row) for row in c.execute(query)]
    digest = hashlib.sha256()
    for row in sorted(rows, key=lambda row: tuple(row[index] for index in keys)):
        digest.update(repr(row).encode())
    return digest.hexdigest()
