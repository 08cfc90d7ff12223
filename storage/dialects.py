"""Everything that differs between SQLite and PostgreSQL, and nothing else.

Above this file a statement is written once, in SQLAlchemy Core. Here: how an engine is made, how a
transaction begins, how a row is inserted or replaced, and how two processes that migrate at once
are kept apart.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine

from storage.errors import BadAddress, CannotOpen

WRITER_WAIT_SECONDS = 60
CONNECT_WAIT_SECONDS = 10
_SQLITE_HEADER = b"SQLite format 3\x00"
_creating = threading.Lock()
_DISK_FULL = "53100"
_MIGRATION_LOCK = 7_064_951_862
_EXAMPLES = "sqlite:///var/pikir.db or postgresql://user:password@host/database"


def parse_url(url: str) -> URL:
    """The URL with the driver that pikir uses. BadAddress where it names another kind of database or no file."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise BadAddress(f"{url!r} is not a database URL; write it like {_EXAMPLES}") from None
    family = parsed.drivername.split("+")[0]
    if family in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if family != "sqlite":
        raise BadAddress(f"pikir keeps no data in {family!r}; the database is one of {_EXAMPLES}")
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise BadAddress(
            f"{url!r} names no file; write it like sqlite:///var/pikir.db (four slashes for /an/absolute path)"
        )
    return parsed.set(drivername="sqlite", database=str(Path(parsed.database).expanduser()))


def make_engine(url: URL, cache_mib: int = 64) -> Engine:
    """An engine for a URL of `parse_url`; creates the SQLite file and its folder, both for the owner only.

    `cache_mib`: how much of the file each connection of SQLite may hold in memory. Errors hide the parameters of
    statements: posts are among them.
    """
    if url.get_backend_name() == "postgresql":
        waiting = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_WAIT_SECONDS}
        return sa.create_engine(url, pool_pre_ping=True, connect_args=waiting, hide_parameters=True)
    _create_file(Path(str(url.database)))
    engine = sa.create_engine(url, connect_args={"timeout": WRITER_WAIT_SECONDS}, hide_parameters=True)
    sa.event.listen(engine, "connect", partial(_prepare_sqlite, cache_mib))
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def transaction_options(engine: Engine, *, writing: bool) -> dict[str, Any]:
    """Execution options of one transaction: a reader sees one snapshot throughout and cannot write."""
    if engine.dialect.name == "postgresql":
        return {
            "isolation_level": "READ COMMITTED" if writing else "REPEATABLE READ",
            "postgresql_readonly": not writing,
        }
    return {"pikir_writing": writing}


def upsert(c: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; a row whose primary key is there replaces the columns that `rows` names."""
    if rows:
        statement = _insert(c, table)
        keys = {column.name for column in table.primary_key}
        new_values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        c.execute(statement.on_conflict_do_update(index_elements=sorted(keys), set_=new_values), list(rows))


def insert_missing(c: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose primary key is not there yet; leave the others as they are."""
    if rows:
        c.execute(_insert(c, table).on_conflict_do_nothing(), list(rows))


def lock_for_migration(c: Connection) -> None:
    """Wait until no other process migrates this database. An SQLite writer is alone already."""
    if c.dialect.name == "postgresql":
        c.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))


def erase_freed(c: Connection) -> None:
    """From now on what this connection deletes is overwritten in the file, not only unlinked (SQLite)."""
    if c.dialect.name == "sqlite":
        c.exec_driver_sql("PRAGMA secure_delete = ON")


def compact_words(c: Connection) -> None:
    """Words of texts that are gone leave the full-text index; until then it only marks them as deleted."""
    if c.dialect.name == "sqlite":
        c.exec_driver_sql("INSERT INTO post_words (post_words) VALUES ('optimize')")


def scrub(engine: Engine) -> None:
    """Deleted rows leave the disk: SQLite's write-ahead log is emptied, PostgreSQL's dead rows are vacuumed.

    Readers that are still at work may keep a part until the next time; nobody is waited for.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        if engine.dialect.name == "postgresql":
            c.exec_driver_sql("VACUUM")
        else:
            c.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def is_lock_timeout(error: sa.exc.OperationalError) -> bool:
    """Whether an error only says that another writer kept the lock."""
    return "database is locked" in str(error.orig)


def is_no_database(error: sa.exc.DatabaseError, url: URL) -> bool:
    """Whether the file is something else than an SQLite database, not a damaged one."""
    if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_NOTADB:
        return False
    with Path(str(url.database)).open("rb") as file:
        return file.read(len(_SQLITE_HEADER)) != _SQLITE_HEADER


def is_disk_full(error: sa.exc.DBAPIError) -> bool:
    """Whether an error says that the disk takes no more."""
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    return getattr(error.orig, "sqlstate", None) == _DISK_FULL


def _insert(c: Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if c.dialect.name == "postgresql" else sqlite.insert(table)


def _create_file(path: Path) -> None:
    """Makes the file, for its owner only, where there is none.

    One that is there is not opened: closing any descriptor of it would drop the locks that other connections of this
    process hold on it (a rule of POSIX), and another process could take the write-ahead log from under them.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _creating, suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise CannotOpen(
            f"cannot open the database {path}: {error.strerror}; "
            "give a path that you may write to (`database:` in monitor.yaml)"
        ) from error


def _prepare_sqlite(cache_mib: int, connection: Any, _record: Any) -> None:
    # The driver's own BEGIN is switched off: it would come late and without IMMEDIATE.
    connection.isolation_level = None
    cursor = connection.cursor()
    _switch_to_wal(cursor)
    for pragma in (
        "synchronous = NORMAL",
        "foreign_keys = ON",
        f"cache_size = {-1024 * cache_mib}",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """SQLite does not wait for a lock here as it does elsewhere: processes that open a new file at once take turns."""
    deadline = time.monotonic() + WRITER_WAIT_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("pikir_writing", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writing else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
