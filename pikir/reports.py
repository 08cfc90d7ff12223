"""The scheduled report: the last complete week or month as an HTML file in a folder."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from prefect import flow

from analysis.periods import period_of
from dashboard.report import report
from dashboard.state import State
from flows.hooks import crashed
from flows.runs import running
from flows.workspace import open_workspace


def last_complete(period: str, today: dt.date) -> str:
    """The name of the last ISO week, or month, that was over before `today`."""
    if period == "month":
        return period_of(today.replace(day=1) - dt.timedelta(days=1), "month")
    return period_of(today - dt.timedelta(days=7), "week")


@flow(name="report", validate_parameters=False, on_crashed=[crashed])
def write_report(config: str | None = None, database: str | None = None) -> str:
    """Writes the report of the last complete period as the schedule says, over one that is there; returns its path."""
    with open_workspace(config, database) as workspace, running(workspace, "report"):
        settings = workspace.settings
        wanted = settings.monitor.schedule.reports
        period = last_complete(wanted.period, dt.datetime.now(settings.monitor.zone).date())
        html = report(State(settings, workspace.database, local=True), period, wanted.language)
        folder = Path(wanted.folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{settings.monitor.name}-{period}.html"
        unfinished = path.with_suffix(".part")
        # The owner's alone, and whole or not there: somebody may be reading the one of before.
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(html)
        unfinished.replace(path)
        return str(path)
