"""One number, wherever it is read: page, API, command line, notebook, report, export and SQL view."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pypdf
import pytest
from sample_database import built_once
from starlette.testclient import TestClient
from typer.testing import CliRunner

import pikir
from configs.loading import load
from dashboard.app import create_app
from pikir.cli.app import app
from storage.database import open_database

WEEK = "2022-W40"
FIGURES = ("share", "low", "high", "n_authors", "n_posts")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{built_once(tmp_path_factory)}"


@pytest.fixture(scope="module")
def page(url: str) -> Iterator[TestClient]:
    with (
        open_database(url) as database,
        TestClient(create_app(load(), database, local=True), base_url="http://localhost") as client,
    ):
        yield client


@pytest.fixture(scope="module", params=["migrants", "russia"])
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def api(page: TestClient, target: str) -> dict[str, dict[str, float]]:
    """The figures of the week by stance, as the API tells them."""
    rows = page.get(f"/api/v1/trends/{target}").json()["rows"]
    told = {row["stance"]: {name: row[name] for name in FIGURES} for row in rows if row["period"] == WEEK}
    assert set(told) == {"against", "favor"}
    assert all(0 < row["low"] < row["share"] < row["high"] < 1 for row in told.values())
    return told


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.stdout


def told_in(rows: list[dict[str, object]]) -> dict[object, dict[str, object]]:
    return {row["stance"]: {name: row[name] for name in FIGURES} for row in rows if row["period"] == WEEK}


def percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f}%"


def test_csv_of_the_api(page: TestClient, target: str, api: dict[str, dict[str, float]]) -> None:
    rows = list(csv.DictReader(io.StringIO(page.get(f"/api/v1/trends/{target}?format=csv").text)))
    for row in rows:
        if row["period"] == WEEK:
            assert {name: float(row[name]) for name in FIGURES} == api[row["stance"]]


def test_page(page: TestClient, target: str, api: dict[str, dict[str, float]]) -> None:
    shown = page.get(f"/trends/{target}?lang=en&from=2022-10-03&to=2022-10-03").text
    for stance, figures in api.items():
        found = re.search(rf'stance={stance}&amp;period={WEEK}[^>]*>([0-9.]+%)</a></td><td class="n">([^<]+)<', shown)
        assert found
        ends = f"{100 * figures['low']:.0f}–{percent(figures['high'])}"
        assert (found[1], found[2]) == (percent(figures["share"], 1), ends)
        assert f">{figures['n_authors']}<" in shown
    spec = page.get(f"/charts/trend/{target}.json?from=2022-10-03&to=2022-10-03").text
    assert all(str(round(figures["share"], 4)) in spec for figures in api.values())


def test_command_line(url: str, target: str, api: dict[str, dict[str, float]]) -> None:
    rows = json.loads(run("trends", target, "--by", "week", "--format", "json", "--database", url))
    assert told_in(rows) == api


def test_notebook_and_view(url: str, target: str, api: dict[str, dict[str, float]]) -> None:
    with pikir.open(database=url) as monitor:
        assert told_in(monitor.trends(target).to_dicts()) == api
        asked = (
            f"SELECT * FROM pikir_trends WHERE target = '{target}' AND \"by\" = 'week' AND \"group\" = 'all' "
            "AND voices = 'people' AND among = 'opinionated'"
        )
        assert told_in(monitor.sql(asked).to_dicts()) == api
    with pikir.open(database=url, frames="pandas") as monitor:
        frame = monitor.trends(target)
        assert told_in(frame.to_dict("records")) == api
        assert str(frame["starts"].dtype).startswith("datetime64")
        assert monitor.chart(target).to_dict()["layer"]
        with pytest.raises(KeyError, match="nobody"):
            monitor.trends("nobody")


def test_export(url: str, target: str, api: dict[str, dict[str, float]], tmp_path: Path) -> None:
    run("export", str(tmp_path), "--database", url)
    frame = pl.read_parquet(tmp_path / "trends.parquet").filter(
        pl.col("target") == target, pl.col("by") == "week", pl.col("group") == "all", pl.col("voices") == "people",
        pl.col("among") == "opinionated",
    )  # fmt: skip
    assert told_in(frame.to_dicts()) == api


def test_the_export_explains_every_column(url: str, tmp_path: Path) -> None:
    run("export", str(tmp_path), "--database", url)
    told = pl.read_csv(tmp_path / "dictionary.csv")
    assert told["meaning"].null_count() == 0
    assert told["meaning"].str.len_chars().min() > 7  # type: ignore[operator]
    for name in ("trends", "comparisons", "poll_changes", "coverage"):
        frame = pl.read_parquet(tmp_path / f"{name}.parquet")
        assert frame.height
        assert frame.columns == told.filter(pl.col("table") == name)["column"].to_list()


def test_the_export_holds_one_model(url: str, tmp_path: Path) -> None:
    copy = tmp_path / "two.db"
    shutil.copy(url.removeprefix("sqlite:///"), copy)
    with open_database(f"sqlite:///{copy}") as database, database.write() as c:
        rows = c.exec_driver_sql("UPDATE shares SET model = 'another-1' WHERE period = '2022-W10'").rowcount
    assert rows
    run("export", str(tmp_path / "out"), "--database", f"sqlite:///{copy}")
    frame = pl.read_parquet(tmp_path / "out" / "trends.parquet")
    assert frame["model"].n_unique() == 1
    assert "2022-W10" not in frame["period"]


def test_report_on_screen_and_paper(url: str, target: str, api: dict[str, dict[str, float]], tmp_path: Path) -> None:
    for name in ("report.html", "report.pdf"):
        run("report", "--period", WEEK, "--out", str(tmp_path / name), "--database", url)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    reader = pypdf.PdfReader(tmp_path / "report.pdf")
    paper = " ".join("".join(one.extract_text() for one in reader.pages).split())
    for figures in api.values():
        ends = f"95% interval {100 * figures['low']:.0f}–{percent(figures['high'])} · {figures['n_authors']} people"
        assert f'<p class="big">{percent(figures["share"])}</p><p class="dim">{ends}' in html
        assert percent(figures["share"]) in paper
        assert ends in paper
    assert 'src="http' not in html
    assert "<script" not in html


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "report.docx"], "ends in .html or .pdf"),
        (["--period", "2022-W99", "--out", "report.pdf"], "2022-W99"),
        ([], "give --out FILE"),
    ],
)
def test_a_report_that_cannot_be_made_says_why(url: str, words: list[str], said: str, tmp_path: Path) -> None:
    placed = [str(tmp_path / one) if one.startswith("report.") else one for one in words]
    result = CliRunner().invoke(app, ["report", *placed, "--database", url])
    assert result.exit_code != 0
    assert said in str(result.exception) + result.output


def test_the_last_whole_week_is_the_default(url: str, tmp_path: Path) -> None:
    run("report", "--out", str(tmp_path / "last.html"), "--database", url)
    assert "26 Dec – 1 Jan 2023" in (tmp_path / "last.html").read_text(encoding="utf-8")
