"""A store, settings with a schedule, and a webhook on the loopback that operators are told through."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from configs.loading import load
from configs.settings import Settings
from storage.database import Database, open_database

Configure = Callable[..., Settings]


class Operator(ThreadingHTTPServer):
    """Keeps the messages that reach it."""

    daemon_threads = True

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Keep)

    @property
    def titles(self) -> list[str]:
        return [str(one["title"]) for one in self.messages]


class _Keep(BaseHTTPRequestHandler):
    server: Operator

    def do_POST(self) -> None:
        self.server.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    server = Operator()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    monkeypatch.setenv("TEST_OPERATOR", f"json://127.0.0.1:{server.server_port}/")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def configure(checkout: Path) -> Configure:
    """Writes a schedule (YAML) into the checkout, with a webhook for the operator, and reads the settings."""

    def write(schedule: str = "{deliver: every 1h}", zone: str = "Asia/Almaty", more: str = "") -> Settings:
        configs = checkout / "configs"
        (configs / "monitor.yaml").write_text(
            f"timezone: {zone}\ndatabase: sqlite:///pikir.db\nschedule: {schedule}\n{more}", encoding="utf-8"
        )
        (configs / "alerts.yaml").write_text(
            "recipients: [{name: duty, url_env: TEST_OPERATOR}]\noperator: {recipients: [duty]}\n", encoding="utf-8"
        )
        return load(configs)

    return write


@pytest.fixture
def store(checkout: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{checkout}/pikir.db") as opened:
        yield opened
