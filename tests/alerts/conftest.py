from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from mail_server import MailServer, running

from configs.settings import Settings
from storage.database import Database, open_database

TARGETS = [
    {
        "id": "migrants",
        "title": {"en": "migrants", "ru": "Мигранты", "kk": "Көшіп келгендер"},
        "description": {"ru": "приехавшие из России"},
        "match": {"ru": {"lemmas": ["мигрант"]}},
    }
]


class Webhook:
    """A real server on the loopback. `answers` are the statuses to come (the last one stays); 0 hangs."""

    def __init__(self) -> None:
        self.answers = [200]
        self.received: list[dict[str, Any]] = []
        self.release = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                if status == 0:
                    outer.release.wait(20)
                    return
                if status == 200:
                    outer.received.append(json.loads(raw))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/hook/TOKEN-hush?key=hush2"

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    server = Webhook()
    yield server
    server.close()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with running() as server:
        yield server


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    with open_database(f"sqlite:///{tmp_path}/pikir.db") as opened:
        yield opened


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings.model_validate(
        {
            "folder": str(tmp_path),
            "monitor": {},
            "targets": TARGETS,
            "alerts": {
                "rules": [
                    {"name": "rule-en", "target": "migrants", "recipients": ["log", "hook"]},
                    {"name": "rule-ru", "target": "migrants", "recipients": ["hook"], "language": "ru"},
                    {"name": "rule-kk", "target": "migrants", "recipients": ["mail"], "language": "kk"},
                ],
                "recipients": [
                    {"name": "log", "log_file": str(tmp_path / "var" / "alerts.log")},
                    {"name": "hook", "url_env": "TEST_HOOK"},
                    {"name": "mail", "url_env": "TEST_MAIL"},
                ],
            },
        }
    )
