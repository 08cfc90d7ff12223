"""Hostile texts where they could do harm: chart data, pictures, labelling pages, the report on paper and in HTML."""

from __future__ import annotations

import datetime as dt
import io
import json

import pypdf
import pytest
from disputed import disagree, draw_four
from starlette.testclient import TestClient

from configs.loading import load
from dashboard.delimited import csv_text
from dashboard.report import report
from dashboard.report_pdf import report_pdf
from dashboard.state import State
from storage.alerts import store_alert
from storage.database import Database
from storage.records import Alert, Share
from storage.shares import replace_shares

HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(2)>"\u202e=1+1'
MODEL = "trial-1"


@pytest.fixture
def poisoned(database: Database) -> Database:
    """A group that bears a hostile name, and an alert whose typical post is hostile."""
    starts = dt.date(2022, 10, 10)
    told = [
        Share(
            target="migrants", by="week", period="2022-W41", group="region", value=HOSTILE, voices="people",
            among="opinionated", stance="against", model=MODEL, starts=starts, share=0.4, low=0.3, high=0.5,
            n_posts=90, n_authors=60, n_labels=0, n_eff=50.0, deff=1.2, method="trial", complete=True,
        )
    ]  # fmt: skip
    posts = [
        {"source": "s", "native_id": "1", "posted_at": "", "text": text} for text in (HOSTILE, "x" + "\u0301" * 9999)
    ]
    alert = Alert(
        "rule", "migrants", "all", HOSTILE, "2022-10-11", "mentions", 9.0, 3.0, 5.0, 2.0,
        explanation={"typical_posts": posts},
    )  # fmt: skip
    with database.write() as c:
        replace_shares(c, target="migrants", model=MODEL, by="week", periods=["2022-W41"], shares=told)
        store_alert(c, alert, [])
    return database


def harmless(html: str) -> bool:
    return "<script>alert" not in html and "<img src=x" not in html


def test_chart_data_is_data(page: TestClient, poisoned: Database) -> None:
    answer = page.get("/charts/trend/migrants.json?group=region")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert HOSTILE in json.dumps(answer.json(), ensure_ascii=False).replace('\\"', '"')
    svg = page.get("/charts/trend/migrants.svg?group=region")
    assert svg.status_code == 200
    assert harmless(svg.text)
    assert page.get("/charts/trend/migrants.png?group=region").status_code == 200
    assert harmless(page.get("/trends/migrants?group=region").text)


def test_labelling_and_alerts_show_it_as_text(page: TestClient, poisoned: Database) -> None:
    draw_four(poisoned, MODEL)
    assert harmless(page.get("/audit/migrants").text)
    disagree(poisoned)
    for path in ("/audit/migrants/adjudicate", "/audit/migrants/progress", "/alerts", "/alerts/2", "/"):
        answer = page.get(path)
        assert answer.status_code == 200, path
        assert harmless(answer.text), path


def test_the_report_survives_it(poisoned: Database) -> None:
    state = State(load(), poisoned, local=True)
    html = report(state, "2022-W41", "en")
    assert harmless(html)
    assert "&lt;script&gt;" in html
    reader = pypdf.PdfReader(io.BytesIO(report_pdf(state, "2022-W41", "en")))
    text = "".join(one.extract_text() for one in reader.pages)
    assert "alert(1)" in text, "it is printed as what it is"
    assert text.count("\u0301") < 20
    assert "\u202e" not in text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_spreadsheet_runs_nothing(text: str) -> None:
    assert csv_text([{"text": text, "n": -1}], ["text", "n"]).splitlines()[1].lstrip('"').startswith("'")
    assert csv_text([{"n": -1}], ["n"]) == "n\n-1\n", "numbers stay numbers"
