"""House effect, equivalence and change, each from earlier polls only."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy.stats import norm

from analysis.polls import house_effect, with_history
from storage.records import Comparison

QUANTILE = float(norm.isf(0.025))


def compared(month: int, difference: float, error: float = 0.04) -> Comparison:
    starts = dt.date(2022, month, 1)
    low, high = difference - QUANTILE * error, difference + QUANTILE * error
    return Comparison(
        f"p{month}", "migrants", "against", starts, starts.replace(day=20), "m", 0.4 + difference, 0.4, difference,
        low, high, 0.5, 100, 90.0, "consistent",
    )  # fmt: skip


def test_the_house_effect_is_told_from_three_earlier_polls_and_no_later_one() -> None:
    told = with_history([compared(month, 0.1) for month in (1, 2, 3, 4)])
    assert [one.house is None for one in told] == [True, True, True, False]
    assert "2 earlier polls" in told[2].note
    assert told[3].n_earlier == 3
    assert told[3].house == pytest.approx(0.1, abs=0.02)
    later = with_history([*(compared(month, 0.1) for month in (1, 2, 3, 4)), compared(9, -0.5)])
    assert later[3] == told[3]


def test_the_house_effect_is_that_of_one_tau_integrated_by_hand() -> None:
    taus = np.linspace(1e-4, 1.0, 20_000)
    d, v = np.array([0.1, 0.06, 0.12]), 0.04**2
    total = 3 / v
    spread = 1 / (total + 1 / taus**2)
    weight = norm.pdf(taus, scale=0.1) * np.sqrt(spread) / taus * np.exp(0.5 * spread * (d.sum() / v) ** 2)
    mean, sd = house_effect({"a": (list(d), [0.04] * 3)}, "a")
    assert mean == pytest.approx(float(weight @ (spread * d.sum() / v) / weight.sum()), abs=2e-3)
    assert 0 < sd < 0.04


def test_changes_are_compared_as_changes_and_equivalence_is_a_probability() -> None:
    first, second = with_history([compared(1, 0.1), compared(5, 0.12)])
    assert first.change is None
    assert "change insufficient" in first.note
    assert second.changed_since == "p1"
    assert second.change == pytest.approx(0.02)
    assert second.change_high == pytest.approx(0.02 + QUANTILE * 0.04 * 2**0.5)
    assert second.p_equivalent == pytest.approx(norm.cdf(-0.07 / 0.04) - norm.cdf(-0.17 / 0.04))
