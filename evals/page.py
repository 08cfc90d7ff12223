"""How much work a page makes for the database, counted: statements, and steps of SQLite's machine as posts grow."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from starlette.testclient import TestClient

from configs.loading import load
from dashboard.app import create_app
from pikir.benchmarks import page_store
from storage.database import open_database

_POSTS, _TIMES = 3_000, 4
_EVERY = 100
KEPT = (
    "/", "/trends/migrants", "/trends/russia?group=source", "/charts/trend/migrants.json", "/polls/migrants", "/alerts",
    "/alerts/5", "/method", "/api/v1/trends/russia",
)  # fmt: skip
PAGES = (
    *KEPT, "/posts", "/posts?target=migrants&stance=against", "/audit/migrants", "/sources", "/api/v1/posts",
    "/api/v1/sources",
)  # fmt: skip


class Work:
    """Statements and steps (in hundreds) that were counted since the last look."""

    def __init__(self) -> None:
        self.statements = self.steps = 0

    def taken(self) -> tuple[int, int]:
        """What was counted, and begin anew."""
        found = (self.statements, self.steps)
        self.statements = self.steps = 0
        return found

    def said(self, *_: Any) -> None:
        """A statement is sent."""
        self.statements += 1

    def stepped(self) -> int:
        """A hundred steps were made; 0: go on."""
        self.steps += 1
        return 0

    def opened(self, connection: Any, *_: Any) -> None:
        """A connection is taken from the pool."""
        connection.set_progress_handler(self.stepped, _EVERY)


def page() -> dict[str, float]:
    """The most statements of a page, made anew and kept; and how its steps grow with four times the posts."""
    few, many = (_measured(posts) for posts in (_POSTS, _TIMES * _POSTS))
    return {
        "statements": max(first for first, _, _ in few.values()),
        "statements_kept": max(few[path][1] for path in KEPT),
        "growth": max(many[path][2] / max(few[path][2], 1) for path in PAGES),
    }


def _measured(posts: int) -> dict[str, tuple[int, int, int]]:
    """Path → statements at the first and at the second request, hundreds of steps at the first."""
    settings = load()
    with tempfile.TemporaryDirectory() as folder, open_database(f"sqlite:///{folder}/page.db") as database:
        page_store.fill(database, settings, posts, lambda _: None, periods=("week",))
        with _counted() as work, TestClient(create_app(settings, database, local=True), "http://localhost") as client:
            found = {}
            for path in PAGES:
                work.taken()
                client.get(path).raise_for_status()
                first, steps = work.taken()
                client.get(path).raise_for_status()
                found[path] = (first, work.taken()[0], steps)
    return found


@contextmanager
def _counted() -> Iterator[Work]:
    work = Work()
    listened = ((sa.engine.Engine, "before_cursor_execute", work.said), (sa.pool.Pool, "checkout", work.opened))
    for where, what, who in listened:
        sa.event.listen(where, what, who)
    try:
        yield work
    finally:
        for where, what, who in listened:
            sa.event.remove(where, what, who)
