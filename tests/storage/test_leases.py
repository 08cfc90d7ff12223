"""Leases: one holder at a time, on SQLite and on PostgreSQL; free as soon as the holder's process is gone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from storage.database import Database, open_database
from storage.errors import LeaseTaken
from storage.leases import lease

ROOT = Path(__file__).parent.parent.parent
HOLD = (
    "import sys, time\nfrom storage.database import open_database\nfrom storage.leases import lease\n"
    "with open_database(sys.argv[1]) as database, lease(database, 'flow run'):\n"
    "    print('held', flush=True)\n    time.sleep(60)\n"
)


def test_a_lease_has_one_holder_and_others_have_theirs(database: Database) -> None:
    with lease(database, "flow run") as held:
        assert held.holds()
        with pytest.raises(LeaseTaken, match="flow run"), lease(database, "flow run"):
            pass
        with lease(database, "flow collect"):
            pass
    with lease(database, "flow run"):
        pass


def test_as_many_as_are_allowed(database: Database) -> None:
    two = (lease(database, "host a", limit=2), lease(database, "host a", limit=2))
    with two[0], two[1], pytest.raises(LeaseTaken), lease(database, "host a", limit=2):
        pass
    with lease(database, "host a", limit=2), lease(database, "host a", limit=2):
        pass


def test_who_waits_is_told_once_and_gets_it(database: Database) -> None:
    told: list[str] = []
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with lease(database, "flow run"):
            held.set()
            release.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(20)

    def waiting() -> None:
        told.append("waiting")
        release.set()

    with lease(database, "flow run", wait_seconds=20, waiting=waiting):
        assert told == ["waiting"]
    thread.join()
    release.clear()
    given_up = iter((False, True))
    second = lease(database, "flow run", wait_seconds=20, given_up=lambda: next(given_up))
    with lease(database, "flow run"), pytest.raises(LeaseTaken), second:
        pass


def test_a_killed_process_leaves_nothing_behind(url: str) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    holder = subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE, env=environ)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        with open_database(url) as database:
            with pytest.raises(LeaseTaken), lease(database, "flow run"):
                pass
            holder.kill()
            holder.wait()
            with lease(database, "flow run", wait_seconds=20):
                pass
    finally:
        holder.kill()
        holder.communicate()


def test_a_server_that_ends_the_session_has_taken_the_lease_back(database: Database) -> None:
    if database.file:
        pytest.skip("a locked file has no server")
    with lease(database, "serve") as held:
        assert held.holds()
        with database.write() as c:
            c.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
        assert not held.holds()
        with lease(database, "serve", wait_seconds=20) as again:
            assert again.holds()


def test_opening_a_database_again_leaves_the_locks_of_the_process_alone(tmp_path: Path) -> None:
    """Closing any handle of a file ends all POSIX locks that the process has on it, SQLite's own among them."""
    url = f"sqlite:///{tmp_path}/pikir.db"
    program = (
        "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], timeout=0)\n"
        "c.execute('PRAGMA wal_checkpoint(TRUNCATE)')\nc.execute('PRAGMA journal_mode = DELETE')\n"
    )
    with open_database(url) as first, first.read() as c:
        c.exec_driver_sql("SELECT 1 FROM posts").all()
        open_database(url).close()
        told = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "pikir.db")], capture_output=True, text=True, check=False
        )
        assert "database is locked" in told.stderr, "another process took the log away under an open connection"
