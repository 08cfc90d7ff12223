"""Annotation on a real Dask cluster on loopback: the same results as here, also where a worker dies."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("prefect_dask", reason="the `cluster` extra is not installed")

from flows.annotate import annotate_posts
from flows.cluster_worker import ClusterError
from flows.collect import collect
from storage.database import open_database
from storage.fingerprint import fingerprint
from storage.opinions import count_opinions

LEFT = ("cursors", "opinions", "posts", "readings")


@contextmanager
def processes(*commands: list[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    from prefect.settings import PREFECT_API_URL

    environment = {**os.environ, "PREFECT_API_URL": str(PREFECT_API_URL.value())}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            env=environment,
            cwd=Path(__file__).parents[2],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    try:
        yield running
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def left(database: Path) -> dict[str, str]:
    with open_database(f"sqlite:///{database}") as opened, opened.read() as c:
        found = fingerprint(c)
    return {name: found[name] for name in LEFT}


def kill_once_begun(victim: subprocess.Popen[bytes], database: Path) -> None:
    """Ends the worker when the first span is stored, with most still to come."""
    with open_database(f"sqlite:///{database}") as opened:
        for _ in range(3000):
            with opened.read() as c:
                if count_opinions(c):
                    break
            time.sleep(0.05)
    victim.send_signal(signal.SIGKILL)


def test_two_workers_leave_what_one_process_leaves_though_one_dies(chat: Path) -> None:
    config, here, there = str(chat / "configs"), chat / "here.db", chat / "there.db"
    collect(config, f"sqlite:///{here}")
    shutil.copy(here, there)
    annotate_posts(config, f"sqlite:///{here}")

    port = free_port()
    with (chat / "configs" / "monitor.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\ncluster: {{address: 'tcp://127.0.0.1:{port}', timeout: 60, ahead: 4}}\n")
    settings = (chat / "configs" / "monitor.yaml").read_text("utf-8").replace("batch_size: 2000", "batch_size: 10")
    (chat / "configs" / "monitor.yaml").write_text(settings, "utf-8")
    worker = ["worker", f"tcp://127.0.0.1:{port}", "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    with processes(scheduler, worker, worker) as (_, victim, _):
        killer = threading.Thread(target=kill_once_begun, args=(victim, there), daemon=True)
        killer.start()
        result = annotate_posts(config, f"sqlite:///{there}")
        killer.join()

    assert result.posts == 196
    assert left(there) == left(here)


def test_no_scheduler_is_said_with_the_way_out(chat: Path) -> None:
    with (chat / "configs" / "monitor.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\ncluster: {{address: 'tcp://127.0.0.1:{free_port()}', timeout: 1}}\n")
    config, url = str(chat / "configs"), f"sqlite:///{chat / 'a.db'}"
    collect(config, url)
    with pytest.raises(ClusterError, match="no Dask scheduler answers at tcp://127"):
        annotate_posts(config, url)
