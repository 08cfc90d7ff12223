"""Many rows at once: on PostgreSQL over COPY into a table of the session's own and from there, on SQLite as one JSON.

The tables are those of `driver_typed`: a row holds what the driver takes, nothing is converted here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import upsert

_FEW = 50
"""Up to so many rows, COPY's extra statements cost more than they save."""
# SQLite reads a real number from JSON to the last digit but one.
_EXACT_IN_JSON = (sa.Text, sa.BigInteger)


def bulk_upsert(c: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """As `upsert`, in the transaction of `c`. All rows name the same columns; no key occurs twice."""
    if len(rows) <= _FEW:
        upsert(c, table, rows)
    elif c.dialect.name == "postgresql":
        _copied(c, table, rows, _on_conflict(c, table, rows[0]))
    elif all(isinstance(table.c[name].type, _EXACT_IN_JSON) for name in rows[0]):
        _as_json(c, table, rows, _on_conflict(c, table, rows[0]))
    else:
        upsert(c, table, rows)


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


def _as_json(c: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], conflict: str) -> None:
    """One statement, during which other threads run; a statement for each row would wait for them each time."""
    names = list(rows[0])
    columns = ", ".join(_quoted(c, names))
    values = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(names)))
    given = orjson.dumps([[row[name] for name in names] for row in rows]).decode()
    name = _quoted(c, [table.name])[0]
    # Only names of our own tables and columns are put in, quoted. Without WHERE the conflict would be read as a join's.
    c.exec_driver_sql(
        f"INSERT INTO {name} ({columns}) SELECT {values} FROM json_each(?) WHERE true {conflict}",  # noqa: S608
        (given,),
    )


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
