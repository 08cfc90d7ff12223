"""What the store holds now: which model's results are shown, and whether anything has changed since."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.counters import changes
from storage.cursors import ESTIMATE, cursors
from storage.records import Cursor
from storage.tables import shares


def latest_model(c: Connection) -> str | None:
    """The model whose results are told everywhere: page, API, command line, notebook, report. None without results.

    It is the model of the estimate that was completed last; where none was (a first run that was cut off), the model
    that has shares, the last by name. A change of adapter or targets shows when its first run is done, and until then
    the results that are there stay; so a reader of results need not load a network to know its name.
    """
    last = last_run(c)
    if last is not None:
        return last.name.removeprefix(ESTIMATE).rpartition(":")[0]
    found: str | None = c.execute(sa.select(sa.func.max(shares.c.model))).scalar()
    return found


def results_version(c: Connection) -> str:
    """A word that changes with every change of shares, polls or comparisons: what was read under it is the same."""
    return str(changes(c)["results"])


def last_run(c: Connection) -> Cursor | None:
    """The cursor of the last estimate: when a run last brought results."""
    done = [cursor for cursor in cursors(c) if cursor.name.startswith(ESTIMATE) and cursor.updated_at]
    return max(done, key=lambda cursor: (cursor.updated_at, cursor.name), default=None)
