"""Maintain: what the configuration says about how long texts are kept."""

from __future__ import annotations

import datetime as dt

from prefect import flow

from flows.workspace import open_workspace
from storage.retention import purge_texts


@flow(name="maintain", validate_parameters=False)
def maintain(config: str | None = None, database: str | None = None) -> int:
    """Purges the texts of posts older than `retention_days`; returns how many. Nothing where none is configured."""
    with open_workspace(config, database) as workspace:
        days = workspace.settings.monitor.retention_days
        if days is None:
            return 0
        with workspace.database.write() as c:
            return purge_texts(c, dt.datetime.now(dt.UTC) - dt.timedelta(days=days))
