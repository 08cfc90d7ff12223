"""An operator who can be told: a webhook on the loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from configs.settings import Settings

Configure = Callable[..., Settings]


class Operator(ThreadingHTTPServer):
    """Keeps the messages that reach it; answers none while `hold` is not set."""

    daemon_threads = True

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.asked = False
        self.hold = threading.Event()
        self.hold.set()
        super().__init__(("127.0.0.1", 0), _Keep)

    @property
    def titles(self) -> list[str]:
        return [str(one["title"]) for one in self.messages]


class _Keep(BaseHTTPRequestHandler):
    server: Operator

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked = True
        self.server.hold.wait(20)
        self.server.messages.append(told)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass
