"""A copy of everything in one file, and back: consistent while others write, and checked row by row.

A backup is a gzip file of JSON lines: a head (schema version, tables and columns), batches of rows, and an end with the
number of rows and a digest of each table. It holds plain values, so that it moves between SQLite and PostgreSQL and
from an older version of pikir to a newer one. Sign-ins of browsers are left out; the pseudonym key is no part of the
database, and none of a backup.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.bulk import load_rows
from storage.database import Database
from storage.errors import BadBackup, NotEmpty
from storage.migrations import HEAD, migrate, schema_version
from storage.tables import driver_typed, metadata

FORMAT = 1
_LEFT_OUT = frozenset({"sessions"})
_BATCH = 1_000
_LONGEST_LINE = 1 << 28
_WRAP = 1 << 256

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What a backup holds. `tables`: rows by table; `digest`: of all rows, whatever their order."""

    schema: str
    created_at: str
    tables: dict[str, int]
    digest: str


class Tally:
    """Counts rows and sums their SHA-256: equal sums, equal rows, in whatever order a database gives them."""

    def __init__(self) -> None:
        self.rows, self._sum = 0, 0

    def add(self, row: Row) -> None:
        """One more row of plain values."""
        self.rows += 1
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(orjson.dumps(row)).digest())) % _WRAP

    @property
    def digest(self) -> str:
        """64 hexadecimal digits."""
        return f"{self._sum:064x}"


def write_backup(database: Database, path: Path) -> Content:
    """Write everything as it is at this moment to `path`, readable by its owner only, and read it back to check it.

    The file appears whole or not at all. BadBackup where it cannot be written or reads back differently.
    """
    try:
        descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise BadBackup(f"{path} cannot be written: {error.strerror}; give another file") from error
    try:
        with os.fdopen(descriptor, "wb") as raw:
            with (
                gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=4, mtime=0) as packed,
                database.read() as c,
            ):
                for line in _lines(c):
                    packed.write(orjson.dumps(line) + b"\n")
            raw.flush()
            os.fsync(raw.fileno())
        content = check_backup(Path(made))
        os.replace(made, path)
    except OSError as error:
        raise BadBackup(f"{path} cannot be written: {error.strerror}; free some space or give another file") from error
    finally:
        Path(made).unlink(missing_ok=True)
    return content


def check_backup(path: Path) -> Content:
    """Read a backup to its end and compare its rows with its own digests. BadBackup where it is none or is damaged."""
    reader = _Reader(path)
    for _ in reader.batches():
        pass
    return reader.content()


def restore_backup(database: Database, path: Path, *, force: bool = False) -> Content:
    """Make what `path` holds the content of a database that was opened without its schema being brought up to date.

    One transaction: a failure or a kill leaves everything as it was. What was written is read back and compared. The
    file is checked before anything is touched. NotEmpty where rows would be replaced and `force` is not given; an
    older version's backup goes into a new database alone, and is brought up to this version there.
    """
    check_backup(path)
    reader = _Reader(path)
    with database.write() as c:
        _prepare(c, reader.schema, force)
        for table, rows in reader.batches():
            load_rows(c, table, reader.columns[table], rows)
        told, there = (
            reader.digests(),
            {name: _tally(c, name, columns).digest for name, columns in reader.columns.items()},
        )
        if wrong := sorted(name for name, digest in told.items() if there[name] != digest):
            raise BadBackup(
                f"{', '.join(wrong)} read back differently from {path}; nothing was changed, please report this"
            )
        migrate(c)
    return reader.content()


class _Reader:
    """A backup, batch by batch; what it counts is compared with its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tallies: dict[str, Tally] = {}
        self._end: dict[str, list[Any]] | None = None
        self._lines = self._read()
        head = next(self._lines, None)
        if not isinstance(head, dict) or head.get("pikir") != FORMAT:
            raise BadBackup(
                f"{path} is no backup of pikir, or one of a newer version; give a file that pikir backup wrote"
            )
        try:
            self.schema, self._created = str(head["schema"]), str(head["created_at"])
            self.columns = {name: [str(column) for column in columns] for name, columns in dict(head["tables"]).items()}
        except (KeyError, TypeError, ValueError) as error:
            raise self._damaged("its head is not as pikir writes it") from error
        if strangers := sorted(self.columns.keys() - metadata.tables.keys()):
            raise BadBackup(f"{path} holds tables that this pikir does not know ({', '.join(strangers)}); update it")

    def batches(self) -> Iterator[tuple[str, list[Row]]]:
        """(Table, rows). BadBackup at the end where the file was cut off or a row is another than was written."""
        self._tallies = {name: Tally() for name in self.columns}
        for number, line in enumerate(self._lines, 2):
            try:
                if "end" in line:
                    self._end = dict(line["end"])
                    break
                table, rows = line["table"], [tuple(row) for row in line["rows"]]
                tally = self._tallies[table]
                for row in rows:
                    tally.add(row)
            except (KeyError, TypeError, ValueError) as error:
                raise self._damaged(f"line {number} is not as pikir writes it") from error
            yield table, rows
        if self._end is None:
            raise BadBackup(f"{self._path} is cut off: its end is missing; take another backup")
        told = {name: [tally.rows, tally.digest] for name, tally in self._tallies.items()}
        if told != self._end:
            wrong = ", ".join(sorted(name for name in told if told[name] != self._end.get(name)))
            raise self._damaged(f"{wrong} differ from what was written")

    def _damaged(self, why: str) -> BadBackup:
        return BadBackup(f"{self._path} is damaged: {why}; take another backup")

    def digests(self) -> dict[str, str]:
        """The digest of each table, once everything was read."""
        return {name: tally.digest for name, tally in self._tallies.items()}

    def content(self) -> Content:
        """What the file holds, once everything was read."""
        whole = hashlib.sha256("".join(f"{name}{digest}" for name, digest in sorted(self.digests().items())).encode())
        rows = {name: tally.rows for name, tally in self._tallies.items()}
        return Content(self.schema, self._created, rows, whole.hexdigest())

    def _read(self) -> Iterator[Any]:
        try:
            with gzip.open(self._path, "rb") as stream:
                while line := stream.readline(_LONGEST_LINE):
                    yield orjson.loads(line)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise BadBackup(f"{self._path} cannot be read as a backup: {error}") from error


def _lines(c: Connection) -> Iterator[dict[str, Any]]:
    kept = [table for table in metadata.sorted_tables if table.name not in _LEFT_OUT]
    # Plain strings: names of tables and columns are a kind of string that JSON does not take.
    tables = {str(table.name): [str(column.name) for column in table.columns] for table in kept}
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    yield {"pikir": FORMAT, "schema": schema_version(c), "created_at": now, "tables": tables}
    end = {}
    for name, columns in tables.items():
        tally = Tally()
        for rows in _partitions(c, name, columns):
            for row in rows:
                tally.add(row)
            yield {"table": name, "rows": rows}
        end[name] = [tally.rows, tally.digest]
    yield {"end": end}


def _tally(c: Connection, table: str, columns: Iterable[str]) -> Tally:
    tally = Tally()
    for rows in _partitions(c, table, columns):
        for row in rows:
            tally.add(row)
    return tally


def _partitions(c: Connection, name: str, columns: Iterable[str]) -> Iterator[list[Row]]:
    table = driver_typed(metadata.tables[name])
    query = sa.select(*(table.c[column] for column in columns))
    for rows in c.execute(query, execution_options={"yield_per": _BATCH}).partitions():
        yield [tuple(value.isoformat() if isinstance(value, dt.date) else value for value in row) for row in rows]


def _prepare(c: Connection, schema: str, force: bool) -> None:
    """The tables of the backup's version, without rows."""
    version = schema_version(c)
    if version is None:
        migrate(c, schema)
    elif version != schema or schema != HEAD:
        raise NotEmpty(
            f"the backup has schema {schema}, the database {version}: restore it into a new database "
            "(--database sqlite:///new.db), where it is brought up to date"
        )
    full = [table.name for table in metadata.sorted_tables if table.name in _present(c)]
    kept = sorted(name for name in full if name != "counters" and _has_rows(c, name))
    if kept and version is not None and not force:
        raise NotEmpty(
            f"the database holds rows already ({', '.join(kept[:5])}…); give a new one with --database, or --force to "
            "replace everything in it"
        )
    for name in reversed(full):
        c.execute(sa.delete(metadata.tables[name]))


def _present(c: Connection) -> set[str]:
    return set(sa.inspect(c).get_table_names())


def _has_rows(c: Connection, name: str) -> bool:
    return c.execute(sa.select(sa.literal(1)).select_from(metadata.tables[name]).limit(1)).scalar() is not None
