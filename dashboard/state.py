"""What all requests share: settings, database, and a memory of what was computed from unchanged results."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from fastapi import Request
from sqlalchemy.engine import Connection

from configs.settings import Settings
from dashboard.access.limits import Rate, Throttle
from storage.currency import latest_model, results_version
from storage.database import Database

T = TypeVar("T")
# Each open connection of SQLite holds a cache of pages: few of them keep memory in bounds and readers busy enough.
READERS = 4
_MOST_KEPT = 400


class State:
    """Shared by the threads of one process. `local`: nobody has to sign in as long as there are no users."""

    def __init__(self, settings: Settings, database: Database, *, local: bool) -> None:
        self.settings, self.database, self.local = settings, database, local
        self.throttle = Throttle()
        self.rate = Rate(settings.monitor.dashboard.requests_per_minute)
        self._readers = threading.BoundedSemaphore(READERS)
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A reading transaction; at most four at a time."""
        with self._readers, self.database.read() as c:
            yield c

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A writing transaction."""
        with self.database.write() as c:
            yield c

    def current(self) -> tuple[str, str]:
        """The model whose results are shown ("" before the first run), and the version of these results."""
        with self.read() as c:
            return latest_model(c) or "", results_version(c)

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made once for a key; the key must hold the version of whatever it is made from."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast(T, self._kept[key])
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return made


def state_of(request: Request) -> State:
    """The state of the application that answers this request."""
    return cast(State, request.app.state.pikir)
