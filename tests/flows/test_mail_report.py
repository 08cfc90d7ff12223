"""The weekly report from results to mailbox: made as PDF in two languages, mailed once, by the flow."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pypdf
import pytest
import yaml
from mail_server import running

from analysis.periods import period_of
from configs.loading import load
from flows.report import issue_reports, report_message
from storage.cursors import write_cursor
from storage.database import open_database
from storage.records import Share, Stance
from storage.report_outbox import report_deliveries
from storage.shares import replace_shares


@pytest.fixture
def reporting(checkout: Path) -> Path:
    """A checkout whose report goes by mail, with shares of every week up to now."""
    report = {"recipients": ["mail"], "languages": ["ru", "kk"], "hour": 0}
    (checkout / "configs" / "monitor.yaml").write_text(yaml.safe_dump({"report": report}))
    recipients = yaml.safe_dump({"recipients": [{"name": "mail", "url_env": "TEST_MAIL"}]})
    (checkout / "configs" / "alerts.yaml").write_text(recipients)
    today = dt.datetime.now(dt.UTC).date()
    days = [today - dt.timedelta(days=today.weekday() + 7 * n) for n in range(4)]
    told = [share(day, stance, value) for day in days for stance, value in (("against", 0.4), ("favor", 0.6))]
    with open_database(f"sqlite:///{checkout}/pikir.db") as database, database.write() as c:
        replace_shares(c, target="migrants", model="m", by="week", periods=[one.period for one in told], shares=told)
        write_cursor(c, "estimate:m:week", "1")
    return checkout


def share(starts: dt.date, stance: Stance, value: float) -> Share:
    return Share(
        target="migrants", by="week", period=period_of(starts, "week"), group="all", value="", voices="people",
        among="opinionated", stance=stance, model="m", starts=starts, share=value, low=value - 0.1, high=value + 0.1,
        n_posts=90, n_authors=60, n_labels=0, n_eff=50.0, deff=1.2, method="trial", complete=True,
    )  # fmt: skip


def test_the_report_of_last_week_reaches_the_mailbox_once(reporting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = (str(reporting / "configs"), f"sqlite:///{reporting}/pikir.db")
    with running() as mail:
        monkeypatch.setenv("TEST_MAIL", mail.url)
        (delivered,) = issue_reports(*place).delivered
        assert delivered[1] == "mail"
        assert issue_reports(*place).delivered == ()
        (letter,) = mail.letters
    files = {one.get_filename(): one.get_content() for one in letter.iter_attachments()}
    assert sorted(files) == [f"pikir-{delivered[0]}-{language}.pdf" for language in ("kk", "ru")]
    reader = pypdf.PdfReader(io.BytesIO(files[f"pikir-{delivered[0]}-ru.pdf"]))
    assert "против" in "".join(one.extract_text() for one in reader.pages)
    assert "против" in letter.get_body(("plain",)).get_content()
    with open_database(place[1]) as database, database.read() as c:
        assert [(one.period, one.attempts) for one in report_deliveries(c)] == [(delivered[0], 1)]


def test_a_week_without_results_has_no_report(reporting: Path) -> None:
    with open_database(f"sqlite:///{reporting}/pikir.db") as database:
        assert report_message(database, load(reporting / "configs"), "2021-W40") is None
