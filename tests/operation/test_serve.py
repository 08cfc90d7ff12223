"""`pikir serve` as a process: one a store, figures for Prometheus, a clean end, and what a killed one leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from operating import Configure, Operator

from storage.alerts import deliveries, store_alert
from storage.database import Database
from storage.records import Alert
from storage.runs import heartbeat, runs

ROOT = Path(__file__).parent.parent.parent
ALERT = Alert("operator", "", "flow", "run", "2026-01-01T00:00:00", "late", 0, 2, 2, 1, kind="operator")
TOLD = {"due": "every 1h", "since": "2026-01-01 00:00 (UTC)"}


class Pikir:
    """Starts commands of pikir on the configuration of one test, and ends what it started."""

    def __init__(self, config: Path) -> None:
        self.config, self.started = config, list[subprocess.Popen[str]]()

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pikir", *words, "--config", str(self.config)]
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "400"}
        process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
        self.started.append(process)
        return process

    def end(self) -> None:
        for process in self.started:
            process.kill()
            process.communicate()


@pytest.fixture
def pikir(checkout: Path) -> Any:
    made = Pikir(checkout / "configs")
    yield made
    made.end()


def until(reached: Callable[[], Any], seconds: float = 120) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := reached():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def finished(store: Database, flow: str) -> int:
    with store.read() as c:
        return sum(run.state == "finished" for run in runs(c, flow, 1000))


def test_a_life_of_pikir_serve(store: Database, configure: Configure, operator: Operator, pikir: Pikir) -> None:
    configure("{deliver: every 1s, maintain: every 1s}")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    first = pikir.start("serve", "--metrics", str(port), "--log-format", "json")
    until(lambda: (finished(store, "deliver") and finished(store, "maintain")) or first.poll() is not None)
    assert first.poll() is None, first.communicate()[1]

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        figures = answer.read().decode()
    assert 'pikir_runs{flow="deliver",state="finished"}' in figures
    assert "pikir_serve_heartbeat_timestamp_seconds 1." in figures

    second = pikir.start("serve")
    third = pikir.start("serve", "--wait", "--log-format", "json")
    _, said = second.communicate(timeout=120)
    assert second.returncode == 1
    assert f"this store is served already (pikir serve: process {first.pid}" in said
    assert "Traceback" not in said

    first.kill()
    with store.read() as c:
        old = heartbeat(c, "serve")
    until(lambda: _serves(store, third.pid))
    assert old is not None
    assert old.pid == first.pid
    before = finished(store, "deliver")
    until(lambda: finished(store, "deliver") > before)

    # The operator's server is slow: the end is asked for while a message is on its way.
    operator.hold.clear()
    with store.write() as c:
        store_alert(c, replace(ALERT, explanation=TOLD), ["duty"])
    until(lambda: operator.asked)
    third.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert third.poll() is None, "it waits for the flow that runs"
    operator.hold.set()
    _, said = third.communicate(timeout=120)
    assert third.returncode == 0, said
    with store.read() as c:
        (sent,) = deliveries(c)
        assert sent.delivered_at is not None
        assert runs(c, "deliver", 1)[0].state == "finished"
    lines = [json.loads(line) for line in said.splitlines()]
    assert lines[-1]["message"] == "stopped"
    assert {"time", "level", "logger", "run", "pid", "message"} <= set(lines[0])


def _serves(store: Database, pid: int) -> bool:
    with store.read() as c:
        last = heartbeat(c, "serve")
    return last is not None and last.pid == pid
