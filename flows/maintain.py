"""Maintain: what the configuration says about how long texts are kept, and nothing quoted that is gone."""

from __future__ import annotations

import datetime as dt

from flows.hooks import flow
from flows.runs import running
from flows.workspace import open_workspace
from storage.retention import forget_quotes, purge_texts
from storage.runs import forget_runs

RUNS_KEPT = dt.timedelta(days=30)


@flow("maintain")
def maintain(config: str | None = None, database: str | None = None) -> int:
    """Purges the texts of posts older than `retention_days`; returns how many. None where none is configured.

    Alerts lose the posts that they quote and that were purged, or deleted by their publisher. Records of runs are kept
    for 30 days.
    """
    now = dt.datetime.now(dt.UTC)
    with (
        open_workspace(config, database) as workspace,
        running(workspace, "maintain"),
        workspace.database.write() as c,
    ):
        forget_runs(c, now - RUNS_KEPT)
        days = workspace.settings.monitor.retention_days
        purged = 0 if days is None else purge_texts(c, kept_since(days))
        forget_quotes(c)
        return purged


def kept_since(days: int) -> dt.datetime:
    """The instant before which texts are purged where they are kept for so many days."""
    return dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
