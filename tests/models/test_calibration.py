"""Calibration: known distortions are undone, small cells lean on larger ones, the file is checked."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import Calibration, Scaling, expected_calibration_error, fit, softmax

BIAS = np.array([0.8, -0.2, -0.6])


def _drawn(rows: int, temperature: float, bias: Any = 0.0, seed: int = 0) -> tuple[Any, Any]:
    """Logits whose true probabilities are softmax(logits / temperature + bias), and labels drawn from these."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (rows, 3))
    p = softmax(logits / temperature + bias)
    return logits, (rng.random(rows)[:, None] > p.cumsum(axis=1)).sum(axis=1).astype(np.int64)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_recovered(temperature: float) -> None:
    logits, labels = _drawn(6000, temperature)
    cell = fit(logits, labels, [""] * 6000, ["ru"] * 6000).cells[""]
    assert cell.temperature == pytest.approx(temperature, rel=0.08)
    assert cell.bias == pytest.approx((0, 0, 0), abs=1e-6)
    assert cell.rows == 6000


def test_a_known_bias_is_recovered_for_a_configured_target() -> None:
    logits, labels = _drawn(6000, 1.8, BIAS)
    made = fit(logits, labels, ["russia"] * 6000, ["ru"] * 6000)
    assert made.cells["russia"].bias == pytest.approx(BIAS, abs=0.1)
    assert made.cells["russia"].temperature == pytest.approx(1.8, rel=0.1)
    assert sum(made.cells["russia/ru"].bias) == pytest.approx(0, abs=1e-6)


def test_calibration_makes_confidence_mean_accuracy() -> None:
    logits, labels = _drawn(4000, 3.0, BIAS)
    fresh_logits, fresh_labels = _drawn(4000, 3.0, BIAS, seed=1)
    made = fit(logits, labels, ["migrants"] * 4000, ["kk"] * 4000)
    before = expected_calibration_error(softmax(fresh_logits), fresh_labels)
    after = expected_calibration_error(
        made.probabilities(fresh_logits, ["migrants"] * 4000, ["kk"] * 4000), fresh_labels
    )
    assert before > 0.15
    assert after < 0.03


def test_a_cell_with_few_rows_stays_near_its_target() -> None:
    logits, labels = _drawn(3000, 1.0)
    odd_logits, _ = _drawn(4, 1.0, seed=2)
    made = fit(
        np.vstack([logits, odd_logits]),
        np.concatenate([labels, np.zeros(4, np.int64)]),
        ["russia"] * 3004,
        ["ru"] * 3000 + ["kk"] * 4,
    )
    assert made.cells["russia/kk"].rows == 4
    assert made.cells["russia/kk"].bias == pytest.approx(made.cells["russia"].bias, abs=0.15)


def test_no_rows_leave_the_probabilities_as_they_are() -> None:
    made = fit(np.zeros((0, 3)), np.zeros(0, np.int64), [], [])
    assert made.probabilities(np.array([[1.0, 2.0, 3.0]]), [""], [""]) == pytest.approx(
        softmax(np.array([[1, 2, 3.0]]))
    )


def test_cells_fall_back_from_language_to_target_to_any() -> None:
    sharp, flat = Scaling(0.1), Scaling(10.0)
    made = Calibration({"": Scaling(), "russia": flat, "russia/kk": sharp})
    logits = np.tile([0.0, 0.0, 1.0], (4, 1))
    p = made.probabilities(logits, ["russia", "russia", "migrants", ""], ["kk", "ru", "kk", ""])
    assert p[0, 2] > 0.99
    assert p[1, 2] < 0.4
    assert p[2] == pytest.approx(softmax(logits[:1])[0])
    assert p[3] == pytest.approx(p[2])
    assert Calibration({}).probabilities(logits[:1], ["russia"], ["kk"])[0] == pytest.approx(p[2])


finite = st.floats(-4, 4)


@given(
    st.dictionaries(
        st.sampled_from(["", "russia", "russia/kk", "migrants/mixed"]),
        st.builds(Scaling, st.floats(0.14, 12), st.tuples(finite, finite, finite), st.integers(0, 10_000)),
    )
)
def test_what_is_written_is_read_again(cells: dict[str, Scaling]) -> None:
    form = json.loads(json.dumps(Calibration(cells).to_json()))
    again = Calibration.from_json(form)
    assert again.to_json() == form
    for key, cell in cells.items():
        assert again.cells[key].temperature == pytest.approx(cell.temperature, abs=1e-5)
        assert again.cells[key].bias == pytest.approx(cell.bias, abs=1e-5)


@pytest.mark.parametrize(
    "form",
    [
        {"russia": {"temperature": 0, "bias": [0, 0, 0], "rows": 1}},
        {"russia": {"temperature": -1, "bias": [0, 0, 0], "rows": 1}},
        {"russia": {"temperature": float("nan"), "bias": [0, 0, 0], "rows": 1}},
        {"russia": {"temperature": float("inf"), "bias": [0, 0, 0], "rows": 1}},
        {"russia": {"temperature": 1, "bias": [0, float("nan"), 0], "rows": 1}},
        {"russia": {"temperature": 1, "bias": [0, 0], "rows": 1}},
        {"russia": {"temperature": 1, "bias": 0.5, "rows": 1}},
        {"russia": {"temperature": "warm", "bias": [0, 0, 0], "rows": 1}},
        {"russia": {"temperature": 1, "bias": [0, 0, 0]}},
        {"russia": 1.5},
    ],
)
def test_a_bad_calibration_is_refused_with_the_cell(form: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="cell 'russia' needs"):
        Calibration.from_json(form)


def test_a_calibration_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(ValueError, match="mapping"):
        Calibration.from_json([])  # type: ignore[arg-type]


def test_calibration_error_of_known_cases() -> None:
    sure = np.array([[1.0, 0, 0], [1.0, 0, 0]])
    assert expected_calibration_error(sure, np.array([0, 0])) == 0
    assert expected_calibration_error(sure, np.array([0, 1])) == pytest.approx(0.5)
    assert expected_calibration_error(sure, np.array([1, 1])) == pytest.approx(1)
