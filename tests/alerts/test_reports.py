"""The report of a period goes out by mail once, with its files, and is tried again where a server refuses it."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import pytest
from mail_server import MailServer

from alerts.messages import File, Message
from alerts.reports import due_period, mail_reports
from configs.reporting import ReportSettings
from configs.settings import Settings
from storage.database import Database
from storage.report_outbox import report_deliveries, requeue_reports

MONDAY = dt.datetime(2022, 9, 26, 3, tzinfo=dt.UTC)  # 9 o'clock in Almaty
HOUR, WEEK = dt.timedelta(hours=1), dt.timedelta(days=7)
PDF = File("pikir-2022-W38-en.pdf", b"%PDF-1.7 x", "application/pdf")
LETTER = Message("pikir: report", "Migrants: against 33%.", files=(PDF,))
send = partial(mail_reports, draw=lambda: 0.5)


@pytest.fixture
def reporting(settings: Settings) -> Settings:
    report = ReportSettings(recipients=("mail",))
    return settings.model_copy(update={"monitor": settings.monitor.model_copy(update={"report": report})})


class Maker:
    def __init__(self, letter: Message | None = LETTER) -> None:
        self.letter, self.periods = letter, []

    def __call__(self, period: str) -> Message | None:
        self.periods.append(period)  # type: ignore[attr-defined]
        return self.letter


@pytest.mark.parametrize(
    ("changes", "local", "period"),
    [
        ({}, "2022-09-26T08:00", "2022-W38"),
        ({}, "2022-09-26T07:59", "2022-W37"),
        ({}, "2022-10-02T23:00", "2022-W38"),
        ({"day": "wednesday"}, "2022-09-27T12:00", "2022-W37"),
        ({"day": "wednesday"}, "2022-09-28T12:00", "2022-W38"),
        ({"period": "month"}, "2022-10-02T12:00", "2022-08"),
        ({"period": "month"}, "2022-10-03T08:00", "2022-09"),
        ({"period": "month", "day": "saturday"}, "2022-10-01T08:00", "2022-09"),
        ({"hour": 0}, "2023-01-02T00:00", "2022-W52"),
    ],
)
def test_which_report_is_due(changes: dict[str, Any], local: str, period: str) -> None:
    assert due_period(ReportSettings(**changes), dt.datetime.fromisoformat(local)) == period


def test_it_is_mailed_once_a_period_with_its_file(database: Database, reporting: Settings, mail: MailServer) -> None:
    make, environ = Maker(), {"TEST_MAIL": mail.url}
    assert send(database, reporting, make, now=MONDAY, environ=environ).delivered == (("2022-W38", "mail"),)
    for hours in (0, 1, 30):
        assert send(database, reporting, make, now=MONDAY + hours * HOUR, environ=environ).delivered == ()
    assert make.periods == ["2022-W38"], "what was sent is not made again"
    assert send(database, reporting, make, now=MONDAY + WEEK, environ=environ).delivered == (("2022-W39", "mail"),)
    letter = mail.letters[0]
    (file,) = letter.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("pikir-2022-W38-en.pdf", "application/pdf")
    assert file.get_content() == b"%PDF-1.7 x"
    assert (letter["Subject"], len(mail.letters)) == ("pikir: report", 2)


def test_a_server_that_refuses_gets_it_later(database: Database, reporting: Settings, mail: MailServer) -> None:
    mail.answers = ["451 greylisted", "250 kept"]
    environ = {"TEST_MAIL": mail.url}
    first = send(database, reporting, Maker(), now=MONDAY, environ=environ)
    assert [(period, name) for period, name, _ in first.failed] == [("2022-W38", "mail")]
    assert send(database, reporting, Maker(), now=MONDAY, environ=environ) == type(first)(), "it backs off"
    assert send(database, reporting, Maker(), now=MONDAY + HOUR, environ=environ).delivered == (("2022-W38", "mail"),)
    with database.read() as c:
        (one,) = report_deliveries(c)
    assert (one.attempts, one.error, one.delivered_at) == (2, "", MONDAY + HOUR)


def test_it_is_given_up_and_nothing_secret_is_kept(database: Database, reporting: Settings) -> None:
    environ = {"TEST_MAIL": "mailto://duty:hush-hush@127.0.0.1:9?from=a@example.org&to=b@example.org&mode=insecure"}
    few = reporting.alerts.delivery.model_copy(update={"attempts": 2, "timeout_seconds": 0.5})
    narrow = reporting.model_copy(update={"alerts": reporting.alerts.model_copy(update={"delivery": few})})
    runs = [send(database, narrow, Maker(), now=MONDAY + n * HOUR, environ=environ) for n in range(3)]
    assert [one.dead for one in runs] == [(), (("2022-W38", "mail"),), ()]
    with database.read() as c:
        (one,) = report_deliveries(c)
    assert one.dead_at
    assert "hush" not in one.error
    with database.write() as c:
        assert (requeue_reports(c, "hook"), requeue_reports(c)) == (0, 1)
        assert [one.attempts for one in report_deliveries(c, pending=True)] == [0]


def test_nothing_to_tell_waits_for_results(database: Database, reporting: Settings, mail: MailServer) -> None:
    environ = {"TEST_MAIL": mail.url}
    assert send(database, reporting, Maker(None), now=MONDAY, environ=environ).delivered == ()
    with database.read() as c:
        assert report_deliveries(c) == []
    assert send(database, reporting, Maker(), now=MONDAY + HOUR, environ=environ).delivered == (("2022-W38", "mail"),)


def test_without_recipients_no_report_is_made(database: Database, settings: Settings) -> None:
    make = Maker()
    send(database, settings, make, now=MONDAY)
    assert make.periods == []


def test_a_service_that_takes_no_files_is_named(database: Database, reporting: Settings) -> None:
    environ = {"TEST_MAIL": "growl://127.0.0.1"}
    sent = send(database, reporting, Maker(), now=MONDAY, environ=environ)
    assert "takes no files" in sent.failed[0][2] or "TEST_MAIL holds no URL" in sent.failed[0][2]
