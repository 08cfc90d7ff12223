"""`pikir benchmark shares`: every scenario and every target of its table, the same for equal seeds."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from analysis.simulation.scenarios import scenarios
from pikir.benchmarks import shares_speed
from pikir.cli.app import app

runner = CliRunner()


def rows(*options: str) -> list[dict[str, Any]]:
    result = runner.invoke(app, ["benchmark", "shares", "--format", "json", *options])
    assert result.exit_code == 0, result.output
    told: list[dict[str, Any]] = json.loads(result.stdout)
    return told


def test_every_scenario_and_target_is_told() -> None:
    told = rows("--repetitions", "2", "--jobs", "2")
    measured = {row["scenario"] for row in told if row["measure"] == "coverage"}
    assert measured == {case.name for case in scenarios()}
    for row in told:
        assert row["method"]
        if row.get("wanted"):
            assert row["met"] in ("yes", "no")
        if row["measure"] == "coverage":
            assert row["error"] >= 0
            assert row["mae"] >= 0
            assert 0 < row["width"] <= 1
    targets = {row["measure"] for row in told if row.get("wanted")}
    assert targets == {
        "agreement",
        "coverage",
        "drift alarm: false",
        "drift alarm: power",
        "mae of people from posts",
        "mae under prior shift, no audits",
        "mae under wording shift, 200 audits",
        "rmse of poll tracking",
        "width at 200 audits",
    }
    agreement = [row for row in told if row["measure"] == "agreement"]
    assert [row["met"] for row in agreement] == ["yes"] * 4


def test_speed_is_measured_with_and_without_labels() -> None:
    told = shares_speed.measure(lambda _: None, opinions=20_000)
    assert [(row["measure"], row["method"]) for row in told] == [
        ("a year by week", "pcc"),
        ("one more day", "pcc"),
        ("a year by week", "ppi++ and emq"),
        ("one more day", "ppi++ and emq"),
    ]
    assert all(row["shares"] > 0 and row["seconds"] >= 0 for row in told)
