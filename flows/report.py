"""Report: once a week or month, the report of the period before, mailed to whom monitor.yaml names."""

from __future__ import annotations

import datetime as dt

from prefect import flow, get_run_logger

from alerts.messages import File, Message
from alerts.reports import Mailed, mail_reports
from configs.settings import Settings
from flows.artifacts import publish_table
from flows.workspace import open_workspace
from storage.database import Database

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


@flow(name="mail-report", validate_parameters=False)
def mail_due_reports(config: str | None = None, database: str | None = None) -> Mailed:
    """The report that is due, made and mailed once; without recipients in `report` nothing is done."""
    now = dt.datetime.now(dt.UTC)
    with open_workspace(config, database) as workspace:
        opened, settings = workspace.database, workspace.settings
        mailed = mail_reports(opened, settings, lambda period: report_message(opened, settings, period), now=now)
    for period, recipient, error in mailed.failed:
        get_run_logger().warning("report of %s not delivered to %s: %s", period, recipient, error)
    if settings.monitor.report.recipients:
        rows = [{"period": period, "recipient": recipient} for period, recipient in mailed.delivered]
        publish_table("reported", rows, "The reports that this run mailed.")
    return mailed
