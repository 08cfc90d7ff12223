"""Opening the database and its transactions.

`open_database(url)` gives a `Database` whose schema is that of this program; everything else in
this room takes the Connection of one of its transactions first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.dialects import (
    WRITER_WAIT_SECONDS,
    is_disk_full,
    is_lock_timeout,
    is_no_database,
    make_engine,
    parse_url,
    scrub,
    transaction_options,
)
from storage.errors import CannotOpen, DatabaseBusy, DiskFull, NotADatabase, ServerUnreachable, StorageError
from storage.migrations import HEAD, migrate, schema_version


class Database:
    """An open database with the schema of this program. Threads may share it; a process opens its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def url(self) -> sa.URL:
        """The address, password and all."""
        return self._engine.url

    @property
    def url_safe(self) -> str:
        """The address without the password, for printing."""
        url = self._engine.url
        return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database; None where it is on a server."""
        on_server = self._engine.url.get_backend_name() == "postgresql"
        return None if on_server else Path(str(self._engine.url.database)).absolute()

    def session(self) -> Connection:
        """A connection outside of any transaction, for what lasts as long as it does. The caller closes it."""
        return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write: committed at the end of the block, undone by an exception or a kill.

        On SQLite there is one writer at a time; DatabaseBusy after a minute of waiting for another.
        """
        with self._transaction(writing=True) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that sees the database as it was when it began, and cannot write."""
        with self._transaction(writing=False) as connection:
            yield connection

    def scrub(self) -> None:
        """What was deleted leaves the disk as well, as far as no reader still needs it."""
        scrub(self._engine)

    def close(self) -> None:
        """Close every connection. A closed database opens new ones when it is used again."""
        self._engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _transaction(self, *, writing: bool) -> Iterator[Connection]:
        with self._engine.connect() as plain:
            connection = plain.execution_options(**transaction_options(self._engine, writing=writing))
            try:
                transaction = connection.begin()
            except sa.exc.OperationalError as error:
                if is_lock_timeout(error):
                    raise DatabaseBusy(
                        f"{self.url_safe}: another process has been writing for {WRITER_WAIT_SECONDS} s; "
                        "wait for it or end it, then run the same command again (nothing is lost)"
                    ) from error
                raise
            try:
                with transaction:
                    yield connection
            except sa.exc.DBAPIError as error:
                if told := self._told(error):
                    raise told from error
                raise

    def _told(self, error: sa.exc.DBAPIError) -> StorageError | None:
        """What a failure of the machine is called; None for an error of a statement."""
        undone = "what was not committed is undone; run the same command again, nothing is lost"
        if is_disk_full(error):
            return DiskFull(f"{self.url_safe}: the disk is full ({str(error.orig).strip()}). Free some space; {undone}")
        if error.connection_invalidated:
            return ServerUnreachable(f"{self.url_safe}: the connection to the server broke off; {undone}")
        return None


def open_database(url: str, *, cache_mib: int = 64) -> Database:
    """Open the database, creating it where there is none, and bring its schema up to this program's.

    `url`: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db` or `postgresql://user:password@host/name`.
    `cache_mib`: memory that each connection of SQLite may use for pages of the file.
    Raises a StorageError that says what to do: BadAddress, CannotOpen, NotADatabase, ServerUnreachable,
    SchemaTooNew, DatabaseBusy. Two processes may open a new database at once: one of them migrates.
    """
    database = Database(make_engine(parse_url(url), cache_mib))
    try:
        with database.read() as connection:
            version = schema_version(connection)
        if version != HEAD:
            with database.write() as connection:
                migrate(connection)
    except sa.exc.DatabaseError as error:
        database.close()
        raise _explained(database, error) from error
    except BaseException:
        database.close()
        raise
    return database


def open_as_it_is(url: str) -> Database:
    """Open the database without bringing its schema up to this program's: there may be none yet. Errors as above."""
    database = Database(make_engine(parse_url(url)))
    try:
        with database.read() as connection:
            schema_version(connection)
    except sa.exc.DatabaseError as error:
        database.close()
        raise _explained(database, error) from error
    except BaseException:
        database.close()
        raise
    return database


def _explained(database: Database, error: sa.exc.DatabaseError) -> Exception:
    address, said = database.url_safe, str(error.orig).strip()
    if address.startswith("postgresql"):
        return ServerUnreachable(
            f"{address} does not let us in: {said}. Check that the server runs and that user, password and "
            "database exist; or use a file: sqlite:///var/pikir.db"
        )
    if is_no_database(error, database.url):
        return NotADatabase(f"{address} is no SQLite database; move the file away or give another path")
    return CannotOpen(f"{address}: {said}. The file is damaged or not writable; restore a copy or give another path")
