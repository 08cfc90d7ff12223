"""A full disk, a clock that goes back, a configuration half written: nothing is lost, nothing doubled."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from configs.errors import ConfigError
from configs.loading import load
from storage.cursors import read_cursor, write_cursor
from storage.database import open_database
from storage.posts import count_posts, mark_deleted, upsert_posts
from storage.records import Post
from storage.users import User, session_user, start_session, write_user

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
ROOT = Path(__file__).parent.parent.parent
LIMIT = 1_500_000

FILLING = """
import datetime as dt, resource, signal, sys
from storage.cursors import write_cursor
from storage.database import open_database
from storage.posts import upsert_posts
from storage.records import Post
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
noon = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
with open_database(sys.argv[1]) as database:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    for batch in range(200):
        with database.write() as c:
            upsert_posts(c, [Post("s", f"{batch}-{n}", noon, f"word{n} " * 40) for n in range(100)])
            write_cursor(c, "s", str(batch))
"""


def batch(number: int) -> list[Post]:
    return [Post("s", f"{number}-{n}", NOON, f"word{n} " * 40) for n in range(100)]


def test_a_full_disk_keeps_what_was_committed_and_the_next_run_goes_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/pikir.db"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", FILLING, url, str(LIMIT)]
    full = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
    assert full.returncode != 0
    assert "storage.errors.DiskFull" in full.stderr
    assert "Free some space; what was not committed is undone" in full.stderr
    with open_database(url) as database:
        with database.read() as c:
            done = int(read_cursor(c, "s") or -1)
            assert count_posts(c) == 100 * (done + 1), "posts and cursor are in step"
            assert c.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        for number in range(done + 1, done + 3):
            with database.write() as c:
                upsert_posts(c, batch(number))
                write_cursor(c, "s", str(number))
        with database.read() as c:
            assert count_posts(c) == 100 * (done + 3)


def test_a_clock_that_goes_back_loses_and_repeats_nothing(tmp_path: Path) -> None:
    """Stages follow revisions, not times: a post collected "before" the last one is new all the same."""
    with open_database(f"sqlite:///{tmp_path}/pikir.db") as database:
        with database.write() as c:
            upsert_posts(c, [Post("s", "1", NOON, "a", collected_at=NOON)])
            upsert_posts(c, [Post("s", "2", NOON, "b", collected_at=NOON - dt.timedelta(days=400))])
            mark_deleted(c, [("s", "1")], NOON - dt.timedelta(days=500))
        with database.read() as c:
            revisions = c.execute(sa.text("SELECT native_id, revision FROM posts ORDER BY revision")).all()
        assert [tuple(row) for row in revisions] == [("2", 2), ("1", 3)]
        with database.write() as c:
            write_user(c, User("ann", "viewer"))
            start_session(c, "secret", "ann", NOON - dt.timedelta(days=1))
        with database.read() as c:
            assert session_user(c, "secret") is None, "what has expired by the clock lets nobody in"


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_configuration_half_written_is_refused_or_read_whole(checkout: Path, part: float) -> None:
    """Whatever was cut off: it is told with its file, or what is left is a whole configuration."""
    for name in ("monitor.yaml", "alerts.yaml", "polls.yaml"):
        file = checkout / "configs" / name
        text = file.read_text(encoding="utf-8")
        file.write_text(text[: int(len(text) * part)], encoding="utf-8")
        told = name
        try:
            load(checkout / "configs")
        except ConfigError as error:
            told = str(error)
        assert name in told
        file.write_text(text, encoding="utf-8")
    load(checkout / "configs")
