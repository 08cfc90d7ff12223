"""The page in a thread of this process, on a free port of this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from configs.settings import Settings
from dashboard.app import create_app
from storage.database import Database


@contextmanager
def served_page(settings: Settings, database: Database) -> Iterator[str]:
    """The address under which the page is served inside the block; nobody has to sign in."""
    app = create_app(settings, database, local=True)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
