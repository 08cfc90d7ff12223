"""kill -9 in the middle of a delivery: the message arrives, and is recorded as delivered once."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from storage.alerts import store_alert
from storage.database import open_database
from storage.outbox import deliveries
from storage.records import Alert, Delivery

ROOT = Path(__file__).parent.parent.parent


class Receiver(ThreadingHTTPServer):
    """Counts the messages that it accepted. While `hold` is set it reads them and answers nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        self.begun, self.accepted, self.hold = threading.Event(), 0, threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.begun.set()
        if self.server.hold.is_set():
            time.sleep(30)
            return
        self.server.accepted += 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def start(url: str, receiver: Receiver) -> subprocess.Popen[bytes]:
    hook = f"json://127.0.0.1:{receiver.server_port}/"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TEST_HOOK": hook}
    script = str(Path(__file__).with_name("send_alert.py"))
    return subprocess.Popen([sys.executable, script, url], env=environ, stdout=subprocess.PIPE)


def delivery(url: str) -> Delivery:
    with open_database(url) as database, database.read() as c:
        (one,) = deliveries(c)
        return one


def test_a_killed_delivery_is_made_up_for_and_recorded_once(tmp_path: Path, receiver: Receiver) -> None:
    url = f"sqlite:///{tmp_path}/pikir.db"
    with open_database(url) as database, database.write() as c:
        day = dt.datetime.now(dt.UTC).date().isoformat()
        store_alert(c, Alert("r", "migrants", "all", "all", day, "mentions", 9, 3, 5, 2), ["hook"])

    receiver.hold.set()
    process = start(url, receiver)
    assert receiver.begun.wait(60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    killed = delivery(url)
    assert (killed.attempts, killed.delivered_at) == (1, None)
    assert killed.attempted_at is not None

    receiver.hold.clear()
    time.sleep(0.1)
    for expected in (b"1", b"0"):
        out, _ = start(url, receiver).communicate(timeout=120)
        assert out.strip() == expected
    sent = delivery(url)
    assert (sent.attempts, receiver.accepted) == (2, 1)
    assert sent.delivered_at is not None
