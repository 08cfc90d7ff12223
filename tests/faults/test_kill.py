"""kill -9 in the middle of a stage, then the same command again: the database is that of an undisturbed run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests_support import write_chat

from storage.database import open_database
from storage.fingerprint import fingerprint

POSTS = 60 * 14


@pytest.fixture
def place(checkout: Path) -> Path:
    write_chat(checkout / "chat.jsonl", range(60))
    sources = "- {name: chat, kind: group, path: chat.jsonl, title: A chat, region: Almaty}\n"
    (checkout / "configs" / "sources.yaml").write_text(sources, encoding="utf-8")
    monitor = checkout / "configs" / "monitor.yaml"
    small = monitor.read_text(encoding="utf-8").replace("batch_size: 2000", "batch_size: 20")
    monitor.write_text(small, encoding="utf-8")
    return checkout


def start(place: Path, database: str, *stages: str) -> subprocess.Popen[bytes]:
    """The stages in a process of their own, without a Prefect server: the functions that the flows call."""
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("run_stages.py")), str(place), database, *stages],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)},
    )


def finish(place: Path, database: str, *stages: str) -> None:
    assert start(place, database, *stages).wait(timeout=300) == 0


def prints(place: Path, database: str) -> dict[str, str]:
    with open_database(f"sqlite:///{place}/{database}") as opened, opened.read() as c:
        return fingerprint(c)


def rows(place: Path, database: str, table: str) -> int:
    """How many rows another process has committed; 0 before the table is there."""
    engine = sa.create_engine(f"sqlite:///{place}/{database}")
    try:
        with engine.connect() as c:
            return int(c.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())
    except sa.exc.OperationalError:
        return 0
    finally:
        engine.dispose()


def kill_when(process: subprocess.Popen[bytes], reached: Callable[[], bool]) -> bool:
    """Kills once the condition holds; False where the process ended before."""
    while process.poll() is None:
        if reached():
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True
        time.sleep(0.005)
    return False


def test_a_killed_run_that_is_run_again_equals_an_undisturbed_one(place: Path) -> None:
    finish(place, "calm.db", "collect", "annotate", "estimate", "alert")

    stages = (("posts", 100, ("collect",)), ("opinions", 80, ("annotate",)), ("shares", 50, ("estimate",)))
    for table, many, stage in stages:
        process = start(place, "killed.db", *stage)
        at = many
        assert kill_when(process, lambda t=table, n=at: rows(place, "killed.db", t) >= n), f"killed during {stage[0]}"
        assert rows(place, "killed.db", table) > 0
        finish(place, "killed.db", *stage)
    finish(place, "killed.db", "collect", "annotate", "estimate", "alert")

    calm, killed = prints(place, "calm.db"), prints(place, "killed.db")
    assert {table for table in calm if calm[table] != killed[table]} == set()
    assert rows(place, "killed.db", "posts") == POSTS
