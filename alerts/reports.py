"""Reports by the way of alerts: put into the outbox once a period, sent to recipients, tried again, given up.

A process may die at any instant: a report that is recorded as delivered is not sent again, one that is not is. So
each recipient gets it once, and twice only where a process dies between the server's answer and the record of it.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alerts.delivery import DeliveryFailed, open_channel
from alerts.messages import Message
from alerts.timing import wait_after
from analysis.periods import Days, period_days, period_of
from configs.reporting import WEEKDAYS, ReportSettings
from configs.settings import Settings
from storage.database import Database
from storage.records import ReportDelivery
from storage.report_outbox import (
    add_report_deliveries,
    claim_report,
    record_report,
    record_report_failure,
    report_deliveries,
)

MakeReport = Callable[[str], Message | None]
"""The letter about a period with its files; None where there is nothing to tell of it."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """What one run did, as (period, recipient) pairs, failures with why. `dead`: those of them that were given up."""

    delivered: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str, str], ...] = ()
    dead: tuple[tuple[str, str], ...] = ()


def due_period(report: ReportSettings, local: dt.datetime) -> str:
    """The last period whose report is due at a local time.

    It is due at `hour` on the first `day` of the week after the period's last day.
    """
    by = report.period
    days = period_days(period_of(local.date(), by))
    while _due(report, days) > local.replace(tzinfo=None):
        days = period_days(period_of(days.first - dt.timedelta(days=1), by))
    return period_of(days.first, by)


def mail_reports(
    database: Database,
    settings: Settings,
    make: MakeReport,
    *,
    now: dt.datetime,
    environ: Mapping[str, str] = os.environ,
    draw: Callable[[], float] = random.random,
) -> Mailed:
    """Put the report that is due into the outbox, once a period, and send what is pending. Never raises for a failure.

    Without recipients nothing is done. A period of which there is nothing to tell stays out of the outbox, so that it
    is sent should its results come later.
    """
    report = settings.monitor.report
    if not report.recipients:
        return Mailed()
    period = due_period(report, now.astimezone(settings.monitor.zone))
    letters: dict[str, Message | None] = {}
    with database.read() as c:
        known = {(one.period, one.channel) for one in report_deliveries(c)}
    if any((period, name) not in known for name in report.recipients):
        letters[period] = make(period)
        if letters[period] is not None:
            with database.write() as c:
                add_report_deliveries(c, period, report.recipients)
    with database.read() as c:
        waiting = [one for one in report_deliveries(c, pending=True) if one.due_at is None or one.due_at <= now]
    run = _Run(database, settings, make, letters, now, environ, draw)
    return run.send(waiting)


@dataclass
class _Run:
    database: Database
    settings: Settings
    make: MakeReport
    letters: dict[str, Message | None]
    now: dt.datetime
    environ: Mapping[str, str]
    draw: Callable[[], float]

    def send(self, waiting: list[ReportDelivery]) -> Mailed:
        delivered, failed, dead = [], [], []
        for one in waiting:
            again = self.now + wait_after(one.attempts + 1, self.settings.alerts.delivery, self.draw)
            with self.database.write() as c:
                claimed = claim_report(c, one, self.now, again)
            if not claimed:
                continue
            error = self._attempt(one)
            given_up = bool(error) and one.attempts + 1 >= self.settings.alerts.delivery.attempts
            with self.database.write() as c:
                if not error:
                    record_report(c, one, self.now)
                else:
                    record_report_failure(c, one, error, due_at=again, dead_at=self.now if given_up else None)
            key = (one.period, one.channel)
            delivered += [] if error else [key]
            failed += [(*key, error)] if error else []
            dead += [key] if given_up else []
        return Mailed(tuple(delivered), tuple(failed), tuple(dead))

    def _attempt(self, one: ReportDelivery) -> str:
        """Why the report did not go out; "" where it did."""
        recipients = {recipient.name: recipient for recipient in self.settings.alerts.recipients}
        if one.channel not in recipients:
            return f"alerts.yaml has no recipient {one.channel!r} any more; add it, or take it out of `report`"
        if one.period not in self.letters:
            self.letters[one.period] = self.make(one.period)
        letter = self.letters[one.period]
        if letter is None:
            return f"there is nothing to tell of {one.period} any more"
        try:
            timeout = self.settings.alerts.delivery.timeout_seconds
            open_channel(recipients[one.channel], self.environ, timeout).send(letter)
        except DeliveryFailed as failure:
            return str(failure)
        return ""


def _due(report: ReportSettings, days: Days) -> dt.datetime:
    after = days.last + dt.timedelta(days=1)
    wait = (WEEKDAYS.index(report.day) - after.weekday()) % 7
    return dt.datetime.combine(after + dt.timedelta(days=wait), dt.time(report.hour))
