"""`pikir trends --smooth`, `--since` and `pikir polls` on a store with twenty weeks of shares and three polls."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from scipy.special import expit, logit
from typer.testing import CliRunner

from analysis.polls import adjusted, poll_changes
from analysis.simulation.poll_histories import Setting
from configs.loading import load
from models.annotator import open_annotator
from pikir.benchmarks import polls as benchmark
from pikir.cli.app import app
from storage.database import open_database
from storage.polls import replace_comparisons, replace_poll_changes, replace_polls
from storage.records import Comparison, Poll, Share
from storage.shares import replace_shares

runner = CliRunner()
CONFIGS = Path(__file__).parent.parent.parent / "configs"
MONDAY = dt.date(2022, 8, 1)


def share(week: int, value: float, model: str, among: Any, complete: bool = True) -> Share:
    starts = MONDAY + dt.timedelta(weeks=week)
    year, number, _ = starts.isocalendar()
    low, high = (float(expit(logit(value) + side * 0.3)) for side in (-1, 1))
    return Share(
        "russia", "week", f"{year}-W{number:02d}", starts, "all", "", "people", among, "against", model,
        value, low, high, 300, 200, 0, 180.0, 1.1, "pcc", complete,
    )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options of a store whose share against rises from 0.3 to 0.5 in the ninth week; the last week is not over."""
    checkout = tmp_path_factory.mktemp("checkout")
    shutil.copytree(CONFIGS, checkout / "configs", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (checkout / "configs" / "sources.yaml").write_text("# none\n", encoding="utf-8")
    settings = load(checkout / "configs")
    model = open_annotator(settings).version
    values = [0.3, 0.32, 0.28, 0.31, 0.29, 0.3, 0.33, 0.3, *[0.5, 0.48, 0.52, 0.5] * 3]
    shares = [share(week, value, model, among) for week, value in enumerate(values) for among in ("all", "opinionated")]
    shares.append(share(20, 0.9, model, "opinionated", complete=False))
    starts = [MONDAY + dt.timedelta(weeks=week) for week in (1, 9, 17)]
    polls = [
        Poll(f"p{n}", "bureau", day, day + dt.timedelta(days=6), "russia", "side", {"against": told}, "here", n=1000)
        for n, (day, told) in enumerate(zip(starts, (0.2, 0.38, 0.4), strict=True))
    ]
    compared = [
        Comparison(one.poll, "russia", "against", one.starts, one.ends, model, own, told, own - told, own - told - 0.09,
                   own - told + 0.09, 0.99, 200, 180.0, "above", "among all")
        for one, own, told in zip(polls, (0.32, 0.5, 0.5), (0.2, 0.38, 0.4), strict=True)
    ]  # fmt: skip
    url = f"sqlite:///{checkout}/p.db"
    with open_database(url) as database, database.write() as c:
        periods = [one.period for one in shares]
        replace_shares(c, target="russia", model=model, by="week", periods=periods, shares=shares)
        replace_polls(c, polls)
        replace_comparisons(c, adjusted(compared))
        replace_poll_changes(c, poll_changes(polls, compared))
    return ["--config", str(checkout / "configs"), "--database", url, "--format", "json"]


def rows(*words: str) -> list[dict[str, Any]]:
    result = runner.invoke(app, list(words))
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_the_level_stands_beside_the_raw_weeks(place: list[str]) -> None:
    weeks = rows("trends", "russia", "--smooth", *place)
    assert len(weeks) == 21
    for week in weeks:
        assert week["smoothed_low"] < week["smoothed"] < week["smoothed_high"]
    assert weeks[-1]["share"] == 0.9
    assert weeks[-1]["smoothed"] == pytest.approx(0.5, abs=0.05), "a week that is not over is not observed"
    assert weeks[0]["step"] > 0


@pytest.mark.parametrize(
    ("since", "first"),
    [("2022-09-28", "2022-W38"), ("mobilisation", "2022-W37"), ("week", "2022-W49"), ("month", "2022-W46")],
)
def test_whether_it_rose_since(place: list[str], since: str, first: str) -> None:
    (change,) = rows("trends", "russia", "--since", since, *place)
    assert (change["since"], change["until"]) == (first, "2022-W50")
    assert change["low"] < change["change"] < change["high"]
    assert (change["p_rise"] > 0.99) == (first in ("2022-W37", "2022-W38"))


def test_polls_with_house_effect_equivalence_changes_and_lead(place: list[str]) -> None:
    first, second, third = rows("polls", "russia", *place)
    assert (first["house"], first["equivalence"]) == (None, "undecided")
    assert "no earlier poll" in first["reason"]
    assert 0 < second["house"] < 0.12, "one poll is shrunk"
    assert third["house_polls"] == 2
    assert third["adjusted_share"] == pytest.approx(third["monitor_share"] - third["house"])
    changes = rows("polls", "russia", "--changes", *place)
    assert [(one["earlier"], one["poll"]) for one in changes] == [("p0", "p1"), ("p1", "p2")]
    assert changes[0]["poll_change"] == pytest.approx(0.18)
    (lead,) = rows("polls", "russia", "--lead-lag", *place)
    assert (lead["polls"], lead["question"], lead["low"], lead["high"]) == (3, "side", -1.0, 1.0)
    assert lead["reason"].startswith("only 2 changes")
    (now,) = rows("polls", "russia", "--now", *place)
    assert (now["last_poll"], now["period"], now["house_polls"]) == ("p2", "2022-W50", 3)
    assert now["adjusted"] == pytest.approx(now["level"] - now["house"])
    assert now["adjusted_low"] < now["adjusted"] < now["adjusted_high"]
    assert now["adjusted"] == pytest.approx(0.4, abs=0.05), "the monitor is ten points above polls"


def test_the_benchmark_tells_truth_from_the_last_poll() -> None:
    told = benchmark.table(40, 1, settings=(Setting("few weeks", weeks=52, every=(6, 8)),))
    errors = {row["method"]: row["value"] for row in told if row["measure"] == "rmse"}
    assert errors["monitor, smoothed and adjusted"] < errors["last poll carried forward"]
    assert errors["monitor, smoothed"] < errors["monitor, single weeks"]
    assert all(0.85 <= row["value"] <= 1 for row in told if row["measure"] == "coverage")
    assert told == benchmark.table(40, 1, settings=(Setting("few weeks", weeks=52, every=(6, 8)),))
