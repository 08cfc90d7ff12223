"""What the store holds now: which model's results are the latest, and whether anything has changed since."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from storage.cursors import cursors
from storage.records import Cursor

_ESTIMATE = "estimate:"


def latest_model(c: Connection) -> str | None:
    """The model whose shares were estimated last; None before the first run.

    A reader of results need not load the model to know its name. It stops being the configured model where the
    configuration was changed after the last run.
    """
    last = _last_estimate(c)
    return last.name.removeprefix(_ESTIMATE).rpartition(":")[0] if last else None


def results_version(c: Connection) -> str:
    """A word that changes when a run has estimated anew: results read under the same word are the same."""
    last = _last_estimate(c)
    return f"{last.name}@{last.updated_at}" if last else ""


def last_run(c: Connection) -> Cursor | None:
    """The cursor of the last estimate: when a run last brought results."""
    return _last_estimate(c)


def _last_estimate(c: Connection) -> Cursor | None:
    done = [cursor for cursor in cursors(c) if cursor.name.startswith(_ESTIMATE) and cursor.updated_at]
    return max(done, key=lambda cursor: (cursor.updated_at, cursor.name), default=None)
