"""Leases: what only one process may do at a time on one store, on one machine or on many.

A lease is bound to the life of its holder: the operating system (SQLite) or the server (PostgreSQL) gives it back when
the process dies, however it dies, so that none is ever left behind and nobody needs a time-out to take one over.
On SQLite it is a locked file beside the database, in `<database>.leases/`; on PostgreSQL an advisory lock of a session
of its own, which needs a direct connection (or a pooler in session mode: in transaction mode it would not hold).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from filelock import FileLock, Timeout

from storage.database import Database
from storage.errors import LeaseTaken

GLANCE_SECONDS = 0.5
_CLASS = 1_886_545_266  # "pikr", so that our advisory locks meet nobody else's


class Lease(Protocol):
    """A lease that is held."""

    def holds(self) -> bool:
        """Whether it is still ours; a server that was restarted has forgotten it."""


class _File:
    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    def holds(self) -> bool:
        return self._lock.is_locked


class _Session:
    def __init__(self, connection: sa.engine.Connection) -> None:
        self._connection = connection

    def holds(self) -> bool:
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except sa.exc.SQLAlchemyError:
            return False
        return True


@contextmanager
def lease(
    database: Database,
    name: str,
    *,
    limit: int = 1,
    wait_seconds: float = 0.0,
    waiting: Callable[[], None] = lambda: None,
    given_up: Callable[[], bool] = lambda: False,
) -> Iterator[Lease]:
    """Hold one of the `limit` leases called `name` inside the block. Threads of one process keep each other out too.

    Where all are taken it waits up to `wait_seconds`, and calls `waiting` once as it begins to. LeaseTaken where
    none became free in that time, or as soon as `given_up()`.
    """
    until = time.monotonic() + wait_seconds
    told = False
    with ExitStack() as stack:
        while (held := _take(stack, database, name, limit)) is None:
            if time.monotonic() >= until or given_up():
                raise LeaseTaken(f"another process holds {name} on {database.url_safe}")
            if not told:
                told = True
                waiting()
            time.sleep(min(GLANCE_SECONDS, max(0.0, until - time.monotonic())))
        yield held


def _take(stack: ExitStack, database: Database, name: str, limit: int) -> Lease | None:
    for number in range(limit):
        place = f"{name}#{number}"
        file = database.file
        held = _locked_file(stack, file, place) if file else _locked_session(stack, database, place)
        if held is not None:
            return held
    return None


def _locked_file(stack: ExitStack, database: Path, place: str) -> Lease | None:
    folder = database.with_name(f"{database.name}.leases")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    readable = "".join(letter if letter.isalnum() else "-" for letter in place)[:40]
    lock = FileLock(folder / f"{readable}-{_number(place) & 0xFFFFFFFF:08x}.lock", mode=0o600, thread_local=False)
    try:
        stack.enter_context(lock.acquire(timeout=0))
    except Timeout:
        return None
    return _File(lock)


def _locked_session(stack: ExitStack, database: Database, place: str) -> Lease | None:
    session = database.session()
    taken = False
    try:
        query = sa.select(sa.func.pg_try_advisory_lock(_CLASS, _number(place)))
        taken = bool(session.execute(query).scalar_one())
    finally:
        if not taken:
            session.close()
    if not taken:
        return None
    stack.callback(_end_session, session)
    return _Session(session)


def _end_session(session: sa.engine.Connection) -> None:
    """The server ends the session and gives the lease back; a connection that is lost has lost it already."""
    with suppress(sa.exc.SQLAlchemyError):
        session.exec_driver_sql("SELECT pg_advisory_unlock_all()")
    with suppress(sa.exc.SQLAlchemyError):
        session.close()


def _number(place: str) -> int:
    """A signed 32-bit number for a name, as advisory locks want it."""
    return int.from_bytes(hashlib.sha256(place.encode()).digest()[:4], "big", signed=True)
