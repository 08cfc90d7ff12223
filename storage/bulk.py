"""Many rows at once: on PostgreSQL over COPY into a table of the session's own and from there, on SQLite many rows a
statement.

The tables are those of `driver_typed`: a row holds what the driver takes, nothing is converted here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import upsert

_FEW = 50
"""Up to so many rows, COPY's extra statements cost more than they save."""
_TOGETHER = 500
"""Rows in one statement of SQLite: their values are fewer than the 32,766 that a statement may have."""


def bulk_upsert(c: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """As `upsert`, in the transaction of `c`. All rows name the same columns; no key occurs twice."""
    if len(rows) <= _FEW:
        upsert(c, table, rows)
    elif c.dialect.name == "postgresql":
        _copied(c, table, rows, _on_conflict(c, table, rows[0]))
    else:
        _together(c, table, rows, _on_conflict(c, table, rows[0]))


def bulk_insert(c: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows in the transaction of `c`; IntegrityError where a key is there already."""
    if c.dialect.name == "postgresql" and len(rows) > _FEW:
        _copied(c, table, rows)
    elif rows:
        c.execute(sa.insert(table), list(rows))


def load_rows(c: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of plain values into an empty table, as fast as the database takes them; for restoring a copy."""
    name, named = _quoted(c, [table])[0], ", ".join(_quoted(c, columns))
    raw: Any = c.connection
    with closing(raw.cursor()) as cursor:
        if c.dialect.name == "postgresql":
            with cursor.copy(f"COPY {name} ({named}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join("?" * len(columns))
            cursor.executemany(f"INSERT INTO {name} ({named}) VALUES ({places})", rows)  # noqa: S608


def _on_conflict(c: Connection, table: sa.Table, row: Mapping[str, Any]) -> str:
    keys = [column.name for column in table.primary_key]
    new_values = [f"{name} = excluded.{name}" for name in _quoted(c, [n for n in row if n not in keys])]
    action = f"UPDATE SET {', '.join(new_values)}" if new_values else "NOTHING"
    return f"ON CONFLICT ({', '.join(_quoted(c, keys))}) DO {action}"


def _together(c: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], conflict: str) -> None:
    """A statement for many rows, during which other threads run; one for each row would wait for them each time."""
    names = list(rows[0])
    into = f"INSERT INTO {_quoted(c, [table.name])[0]} ({', '.join(_quoted(c, names))})"
    one = f"({', '.join('?' * len(names))})"
    for start in range(0, len(rows), _TOGETHER):
        some = rows[start : start + _TOGETHER]
        # Only names of our own tables and columns are put in, quoted.
        statement = f"{into} VALUES {', '.join([one] * len(some))} {conflict}"
        c.exec_driver_sql(statement, tuple(row[name] for row in some for name in names))


def _copied(c: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], conflict: str = "") -> None:
    """The rows into a table of the session, and from there, in the order of the rows, into `table`."""
    names = list(rows[0])
    name, staged = _quoted(c, [table.name, f"bulk_{table.name}"])
    columns = ", ".join(_quoted(c, names))
    c.exec_driver_sql(f"CREATE TEMP TABLE IF NOT EXISTS {staged} (LIKE {name}) ON COMMIT DELETE ROWS")
    raw: Any = c.connection
    with raw.cursor() as cursor, cursor.copy(f"COPY {staged} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])
    # Only names of our own tables and columns are put in, quoted.
    c.exec_driver_sql(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {staged} {conflict}")  # noqa: S608
    c.exec_driver_sql(f"DELETE FROM {staged}")  # noqa: S608


def _quoted(c: Connection, names: Sequence[str]) -> list[str]:
    return [c.dialect.identifier_preparer.quote(name) for name in names]
