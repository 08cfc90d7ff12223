"""The quality gates: floors are read strictly, a missing figure fails, and the exit status says so."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from evals import __main__ as command
from evals import suites
from evals.gates import FLOORS, Floor, read_floors, run


def _floors(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "floors.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_floors_are_read_by_suite_and_figure(tmp_path: Path) -> None:
    path = _floors(
        tmp_path, "[stance]\nf1 = {at_least = 0.7}\nerror = {at_most = 0.1}\n[speed]\nratio = {at_least = 2}"
    )
    floors = read_floors(path)
    assert {suite: list(figures) for suite, figures in floors.items()} == {
        "stance": ["f1", "error"],
        "speed": ["ratio"],
    }
    assert floors["stance"]["f1"] == Floor("f1", 0.7, None)
    assert (str(floors["stance"]["f1"]), str(floors["stance"]["error"])) == ("≥ 0.7", "≤ 0.1")


@pytest.mark.parametrize(
    ("floor", "value", "holds"),
    [
        (Floor("f1", 0.7, None), 0.7, True),
        (Floor("f1", 0.7, None), 0.699, False),
        (Floor("error", None, 0.1), 0.1, True),
        (Floor("error", None, 0.1), 0.11, False),
        (Floor("f1", 0.7, None), math.nan, False),
        (Floor("error", None, 0.1), math.nan, False),
    ],
)
def test_a_limit_is_kept_or_not(floor: Floor, value: float, holds: bool) -> None:
    assert floor.holds(value) is holds


@pytest.mark.parametrize(
    "text",
    [
        "[stance]\nf1 = {}",
        "[stance]\nf1 = {at_least = 0.7, at_most = 0.9}",
        "[stance]\nf1 = {atleast = 0.7}",
        "[stance]\nf1 = 0.7",
        '[stance]\nf1 = {at_least = "0.7"}',
        "[stance]\nf1 = {at_least = true}",
        "[stance]\nf1 = {at_least = nan}",
        "[stance]\nf1 = {at_most = inf}",
    ],
)
def test_a_bad_floor_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    path = _floors(tmp_path, text)
    with pytest.raises(ValueError, match=r"stance\.f1 needs") as caught:
        read_floors(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["f1 = 0.7", "[stance"])
def test_a_file_that_is_no_list_of_floors_is_refused(tmp_path: Path, text: str) -> None:
    path = _floors(tmp_path, text)
    with pytest.raises(ValueError, match=str(path)):
        read_floors(path)


def test_each_suite_is_measured_once_and_a_missing_figure_fails() -> None:
    measured: list[int] = []

    def suite() -> dict[str, float]:
        measured.append(1)
        return {"f1": 0.8, "unpinned": 1.0}

    floors = {"stance": {"f1": Floor("f1", 0.7, None), "absent": Floor("absent", None, 0.5)}}
    results = {result.name: result for result in run({"stance": suite, "other": suite}, floors)}
    assert measured == [1]
    assert results["stance.f1"].holds
    assert not results["stance.absent"].holds
    assert math.isnan(results["stance.absent"].value)


def test_a_floor_of_an_unknown_suite_is_told_before_anything_is_measured() -> None:
    with pytest.raises(ValueError, match="no suite stnace; known are stance"):
        next(run({"stance": dict}, {"stance": {}, "stnace": {"f1": Floor("f1", 0.7, None)}}))


def test_every_shipped_floor_belongs_to_a_suite() -> None:
    for suite in read_floors(FLOORS):
        assert callable(getattr(suites, suite))


@pytest.mark.parametrize(("f1", "status", "word"), [(0.8, 0, "ok"), (0.6, 1, "FELL")])
def test_the_exit_status_follows_the_floors(
    f1: float,
    status: int,
    word: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    floors = read_floors(_floors(tmp_path, "[stance]\nf1 = {at_least = 0.7}\n[data_sets]\nmtsd = {at_least = 0.5}"))
    monkeypatch.setattr(command, "read_floors", lambda: floors)
    monkeypatch.setattr(suites, "stance", lambda: {"f1": f1})
    monkeypatch.setattr(sys, "argv", ["evals"])
    monkeypatch.delenv("PIKIR_DATA", raising=False)
    assert command.main() == status
    told = capsys.readouterr().out
    assert told.startswith(word)
    assert "not measured without --data FOLDER" in told


def test_an_unknown_suite_on_the_command_line_lists_the_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    floors = read_floors(_floors(tmp_path, "[stance]\nf1 = {at_least = 0.7}"))
    monkeypatch.setattr(command, "read_floors", lambda: floors)
    monkeypatch.setattr(sys, "argv", ["evals", "--suite", "stanse"])
    with pytest.raises(SystemExit):
        command.main()
    assert "'stance'" in capsys.readouterr().err.replace("choose from stance", "choose from 'stance'")


def test_the_spike_suite_measures_what_it_says() -> None:
    figures = suites.spikes()
    assert 0 <= figures["ears_c2_false_alarms"] < 0.1
    assert figures["ears_c2_doublings_found"] > 0.9
