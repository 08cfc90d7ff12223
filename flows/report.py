"""Report: once a week or month, the report of the period before, mailed and put into a folder as monitor.yaml says."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from prefect import get_run_logger

from alerts.messages import File, Message
from alerts.reports import Mailed, due_period, mail_reports
from configs.settings import Settings
from flows.artifacts import publish_table
from flows.hooks import flow
from flows.runs import running
from flows.workspace import open_workspace
from storage.database import Database
from storage.exports import record_export

_MEDIA = {"pdf": "application/pdf", "html": "text/html"}


def report_message(database: Database, settings: Settings, period: str) -> Message | None:
    """The letter with one file in each language of `report`; None where there is no figure of the period."""
    from dashboard.report import compose, letter, report
    from dashboard.report_pdf import report_pdf
    from dashboard.state import State

    state, wanted = State(settings, database, local=True), settings.monitor.report
    told = compose(state, period, wanted.languages[0])
    if told.empty:
        return None
    title, body = letter(state, told)
    files = [
        File(
            f"{settings.monitor.name}-{period}-{language}.{wanted.format}",
            report_pdf(state, period, language) if wanted.format == "pdf" else report(state, period, language).encode(),
            _MEDIA[wanted.format],
        )
        for language in wanted.languages
    ]
    return Message(title, body, files=tuple(files))


def put_into_folder(database: Database, settings: Settings, now: dt.datetime) -> list[Path]:
    """The files of the report that is due, written where they are not yet; returns those. They are for their owner."""
    wanted = settings.monitor.report
    period = due_period(wanted, now.astimezone(settings.monitor.zone))
    folder = Path(wanted.folder)
    names = [f"{settings.monitor.name}-{period}-{language}.{wanted.format}" for language in wanted.languages]
    if all((folder / name).exists() for name in names):
        return []
    message = report_message(database, settings, period)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for file in message.files if message else ():
        unfinished = folder / f"{file.name}.part"
        # Whole or not there: somebody may be reading it.
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(file.content)
        written.append(unfinished.replace(folder / file.name))
    with database.write() as c:
        for path in written:
            record_export(c, path, "report", texts=True)
    return written


@flow("report")
def issue_reports(config: str | None = None, database: str | None = None) -> Mailed:
    """The report that is due, made once: mailed to `report.recipients`, put into `report.folder`."""
    now = dt.datetime.now(dt.UTC)
    with open_workspace(config, database) as workspace, running(workspace, "report"):
        opened, settings = workspace.database, workspace.settings
        wanted = settings.monitor.report
        if wanted.folder:
            put_into_folder(opened, settings, now)
        mailed = mail_reports(opened, settings, lambda period: report_message(opened, settings, period), now=now)
    for period, recipient, error in mailed.failed:
        get_run_logger().warning("report of %s not delivered to %s: %s", period, recipient, error)
    if wanted.recipients:
        rows = [{"period": period, "recipient": recipient} for period, recipient in mailed.delivered]
        publish_table("reported", rows, "The reports that this run mailed.")
    return mailed
