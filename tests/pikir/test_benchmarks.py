"""The benchmark commands: what they measure, on which rows, beside which published figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from configs.loading import load
from configs.recipes import load_recipe
from models.asking import answer
from models.stance import StanceModel
from models.training.data import DataError
from pikir.benchmarks import stance
from pikir.benchmarks.published import PUBLISHED
from pikir.benchmarks.reliability import reliability
from pikir.cli.app import app

runner = CliRunner()
TARGETS = load().targets
ROWS = [
    {"id": 1, "text": "Понаехали, цены на жильё взлетели, пусть едут домой", "target": "migrants", "label": "against"},
    {"id": 2, "text": "Хорошие ребята эти релоканты, помогают всем, рады им", "target": "migrants", "label": "favor"},
    {"id": 3, "text": "Россия напала на соседа, позор Кремлю", "target": "russia", "label": "against"},
    {"id": 4, "text": "В Астане прошли переговоры с делегацией России", "target": "russia", "label": "neutral"},
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"lang": "ru", **row}) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_file_of_ones_own_is_measured_by_language_and_target(tmp_path: Path) -> None:
    own = write(tmp_path / "mine.jsonl", ROWS)
    drawing = tmp_path / "reliability.svg"
    words = ["benchmark", "stance", "--data", str(tmp_path), "--file", str(own), "--format", "json"]
    result = runner.invoke(app, [*words, "--diagram", str(drawing)])
    assert result.exit_code == 0, result.output
    lines = {row["set"]: row for row in json.loads(result.stdout)}
    assert {"mine", "mine: migrants", "mine: russia", "corpus, held out"} <= lines.keys()
    assert lines["mine"]["n"] == 4
    for row in lines.values():
        assert 0 <= row["low"] <= row["pikir"] <= row["high"] <= 100
    assert "corpus, held out" in drawing.read_text(encoding="utf-8")


def test_sets_of_the_recipe_are_measured_where_they_are_there(tmp_path: Path) -> None:
    recipe = load_recipe(stance.RECIPE)
    write(tmp_path / "stance" / "pikir_dev" / "dev.jsonl", ROWS)
    names = [labelled.name for labelled in stance.labelled_sets(tmp_path, recipe)]
    assert names == ["pikir_dev", "corpus, held out"]


def test_published_figures_are_of_sets_that_are_measured() -> None:
    names = {form.name for form in load_recipe(stance.RECIPE).sets}
    assert {name.split("/")[0] for name in PUBLISHED} <= names
    for figures in PUBLISHED.values():
        for one in figures:
            assert 0 < one.value < 100
            assert one.source
            assert one.comparable


def test_a_broken_file_is_told_with_its_line(tmp_path: Path) -> None:
    own = tmp_path / "mine.jsonl"
    own.write_text('{"id": 1}\nnot json\n', encoding="utf-8")
    result = runner.invoke(app, ["benchmark", "stance", "--data", str(tmp_path), "--file", str(own)])
    assert result.exit_code != 0
    assert "mine.jsonl" in str(result.exception)
    write(own, [{**ROWS[0], "label": "hostile"}])
    with pytest.raises(DataError, match=r"mine\.jsonl, line 1: label 'hostile'"):
        list(stance.given_sets([own]))


@pytest.fixture(scope="module")
def model() -> StanceModel:
    return StanceModel()


def test_a_row_may_say_which_mention_is_meant(model: StanceModel) -> None:
    text = (
        "Китай хороший сосед. " + "Погода сегодня обычная. " * 40 + "А вот Китай, который я видел, ужасен и враждебен."
    )
    at = text.rindex("Китай")
    first, second, wrong = answer(
        [
            {"id": 1, "text": text, "target": "Китай"},
            {"id": 2, "text": text, "target": "Китай", "start": at, "end": at + 5},
            {"id": 3, "text": text, "target": "Китай", "start": 5, "end": 10**9},
        ],
        TARGETS,
        model,
    )
    assert first["p_against"] != second["p_against"], "another passage was read"
    assert {k: v for k, v in wrong.items() if k != "id"} == {k: v for k, v in first.items() if k != "id"}


def test_a_calibrated_reader_lies_on_the_diagonal() -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet([2, 2, 2], size=20_000)
    labels = np.array([rng.choice(3, p=row) for row in p])
    found = reliability(p, labels)
    assert found["rows"].min() >= 10
    assert np.abs(found["confidence"] - found["accuracy"]).max() < 0.08
    overconfident = reliability(np.full((100, 3), [0.9, 0.05, 0.05]), np.arange(100) % 3)
    assert overconfident.rows() == [(pytest.approx(0.9), pytest.approx(0.34), 100)]
