"""The PostgreSQL server restarts in the middle of a run: the open transaction is undone and told, the next goes on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from storage.cursors import read_cursor, write_cursor
from storage.database import Database, open_database
from storage.errors import ServerUnreachable
from storage.posts import count_posts, upsert_posts
from storage.records import Post

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def batch(number: int) -> list[Post]:
    return [Post("s", f"{number}-{n}", NOON, f"text {n}") for n in range(20)]


def test_a_broken_connection_undoes_its_transaction_and_no_more(postgres: Any) -> None:
    """The server's end of every connection is closed at once, as a restart does; it is up again for the next one."""
    url = postgres.create()
    with open_database(url) as database:
        with database.write() as c:
            upsert_posts(c, batch(1))
            write_cursor(c, "s", "1")
        with pytest.raises(ServerUnreachable, match="nothing is lost"):
            _interrupted(database, postgres, url)
        with database.read() as c:
            assert (count_posts(c), read_cursor(c, "s")) == (20, "1")
        with database.write() as c:
            upsert_posts(c, batch(2))
            write_cursor(c, "s", "2")
        with database.read() as c:
            assert (count_posts(c), read_cursor(c, "s")) == (40, "2")


def _interrupted(database: Database, postgres: Any, url: str) -> None:
    with database.write() as c:
        upsert_posts(c, batch(2))
        write_cursor(c, "s", "2")
        _close_all(postgres, url)
        write_cursor(c, "s", "3")


def _close_all(postgres: Any, url: str) -> None:
    ours = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
    with postgres.engine.connect() as c:
        c.execute(ours, {"name": sa.make_url(url).database})
