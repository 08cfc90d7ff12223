"""What all requests share: settings, database, and a memory of what was computed from unchanged results."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from fastapi import Request
from sqlalchemy.engine import Connection

from configs.settings import Settings
from dashboard.access.limits import Rate, Throttle
from dashboard.cache import Cache, Latest
from dashboard.metrics import registry
from dashboard.reading import Figure
from storage.counters import Changes, changes
from storage.current import latest_model
from storage.database import Database

Mark = tuple[int, ...]
# Each open connection of SQLite holds a cache of pages: few of them keep memory in bounds and readers busy enough.
READERS = 4
_KEPT_BYTES, _PICTURE_BYTES = 8 * 1024 * 1024, 2 * 1024 * 1024


class State:
    """Shared by the threads of one process. `local`: nobody has to sign in as long as there are no users."""

    def __init__(self, settings: Settings, database: Database, *, local: bool) -> None:
        self.settings, self.database, self.local = settings, database, local
        self.throttle = Throttle()
        self.rate = Rate(settings.monitor.dashboard.requests_per_minute)
        self.kept = Cache(_KEPT_BYTES)
        # Of their own, so that nobody who wants a page waits for a picture.
        self.pictures = Cache(_PICTURE_BYTES)
        self.observed = registry(database)
        self.figures: Latest[dict[str, list[Figure]]] = Latest()
        self._readers = threading.BoundedSemaphore(READERS)
        self._model: tuple[int, str] = (-1, "")

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

    def mark(self, *of: Changes) -> Mark:
        """What stays the same until a run, or a person, changes one of these: the mark of what is in `kept`.

        It is taken before what it marks is read: what changes in between is then made again under the next mark.
        """
        with self.read() as c:
            found = changes(c)
        return tuple(found[name] for name in of)

    def model(self) -> str:
        """The model whose results are shown; "" before the first run."""
        with self.read() as c:
            return self.model_in(c)

    def model_in(self, c: Connection) -> str:
        """`model`, in a transaction that is open already."""
        version = changes(c)["results"]
        known, model = self._model
        if known != version:
            model = latest_model(c) or ""
            self._model = (version, model)
        return model


def state_of(request: Request) -> State:
    """The state of the application that answers this request."""
    return cast(State, request.app.state.pikir)
