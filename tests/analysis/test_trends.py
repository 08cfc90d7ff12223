"""The level behind noisy periods: against the dense posterior, in simulation, and through gaps."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from scipy.special import expit, logit

from analysis.trends import changes, smooth_shares
from analysis.trends.averaging import current_level, local_level
from analysis.trends.local_level import kalman_filter, maximum_likelihood, smooth

MONDAY = dt.date(2022, 1, 3)


def series(shares: list[float | None], error: float = 0.05, incomplete: tuple[int, ...] = ()) -> pl.DataFrame:
    rows = []
    for week, share in enumerate(shares):
        starts = MONDAY + dt.timedelta(weeks=week)
        inside = None if share is None else logit(share)
        reach = 1.96 * error / 0.25
        rows.append(
            {
                "target": "migrants", "group": "all", "value": "", "voices": "people", "among": "opinionated",
                "stance": "against", "model": "m", "period": f"2022-W{week + 1:02d}", "starts": starts, "share": share,
                "low": None if inside is None else float(expit(inside - reach)),
                "high": None if inside is None else float(expit(inside + reach)),
                "complete": week not in incomplete,
            }
        )  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def test_filter_and_smoother_equal_the_posterior_of_all_weeks_at_once() -> None:
    dice = np.random.default_rng(0)
    y = np.cumsum(dice.normal(0, 0.3, 80)) + dice.normal(0, 0.5, 80)
    y[[0, 10, 11, 40, 79]] = np.nan
    weight = np.diag(np.where(np.isnan(y), 0.0, 1 / 0.25))
    step = np.diff(np.eye(80), axis=0)
    covariance = np.linalg.inv(step.T @ step / 0.09 + weight)
    filtered = kalman_filter(y[:, None], np.full((80, 1), 0.25), np.array([0.09]))
    ours = smooth(filtered, np.array([0.09]))
    np.testing.assert_allclose(ours.mean[:, 0], covariance @ weight @ np.nan_to_num(y), atol=1e-9)
    np.testing.assert_allclose(ours.variance[:, 0], np.diag(covariance), atol=1e-9)
    carried = ours.gain[20:50, 0].prod() * ours.variance[50, 0]
    assert carried == pytest.approx(covariance[20, 50])


def test_the_variance_of_the_level_is_that_of_maximum_likelihood() -> None:
    dice = np.random.default_rng(1)
    y = np.cumsum(dice.normal(0, 0.3, 400)) + dice.normal(0, 0.5, 400)
    found = maximum_likelihood(y[:, None], np.full((400, 1), 0.25))
    assert found[0] == pytest.approx(0.09, rel=0.4)
    flat = maximum_likelihood(dice.normal(0, 0.5, (400, 1)), np.full((400, 1), 0.25))
    assert flat[0] < 0.01


def test_the_interval_holds_the_level_as_often_as_it_says() -> None:
    dice = np.random.default_rng(2)
    steps = dice.uniform(0.02, 0.3, 400)
    truth = np.cumsum(dice.normal(0, 1, (40, 400)) * steps, axis=0)
    noise = dice.uniform(0.1, 0.5, (40, 400)) ** 2
    seen = np.where(dice.random((40, 400)) < 0.1, np.nan, truth + dice.normal(0, 1, (40, 400)) * np.sqrt(noise))
    level = local_level(seen, noise)
    inside = np.abs(level.mean - truth) <= 1.96 * np.sqrt(level.variance)
    assert 0.93 <= inside.mean() <= 0.975
    change, error = level.change(10, 39)
    moved = np.abs(change - (truth[39] - truth[10])) <= 1.96 * error
    assert 0.92 <= moved.mean() <= 0.98


def test_what_is_known_at_a_time_uses_nothing_later() -> None:
    dice = np.random.default_rng(3)
    y, noise = dice.normal(0, 1, (30, 2)), np.full((30, 2), 0.5)
    whole, part = current_level(y, noise), current_level(y[:20], noise[:20])
    np.testing.assert_allclose(whole[0][:20], part[0])


def test_a_smoothed_series_is_calmer_and_passes_through_gaps() -> None:
    shares = [0.3, 0.5, 0.35, None, 0.45, 0.3, 0.52, 0.38]
    told, _ = smooth_shares(series(shares), "week")
    assert told["smoothed"].null_count() == 0
    assert told["smoothed"].std() < pl.Series([one for one in shares if one is not None]).std()  # type: ignore[operator]
    gap = told.row(3, named=True)
    assert gap["smoothed_high"] - gap["smoothed_low"] > told["smoothed_high"][4] - told["smoothed_low"][4]


def test_an_incomplete_week_counts_for_nothing() -> None:
    steady, last = [0.4] * 8, [0.4] * 7 + [0.9]
    told, _ = smooth_shares(series(last, incomplete=(7,)), "week")
    assert told["smoothed"][7] == pytest.approx(smooth_shares(series(steady), "week")[0]["smoothed"][6], abs=0.01)


def test_a_clear_rise_is_told_with_its_probability() -> None:
    _, levels = smooth_shares(series([0.3] * 10 + [0.6] * 10, error=0.02), "week")
    (change,) = changes(levels, MONDAY + dt.timedelta(weeks=5))
    assert change.since == "2022-W06"
    assert change.until == "2022-W20"
    assert change.change == pytest.approx(0.3, abs=0.03)
    assert change.low < change.change < change.high
    assert change.p_rise > 0.999
    assert list(changes(levels, MONDAY - dt.timedelta(days=1))) == []


def test_a_series_with_one_week_is_not_smoothed() -> None:
    told, levels = smooth_shares(series([0.3, None, None]), "week")
    assert told["smoothed"].null_count() == 3
    assert levels == []


def test_what_cannot_be_smoothed_says_so() -> None:
    with pytest.raises(ValueError, match="confidence=2"):
        smooth_shares(series([0.3, 0.4]), "week", confidence=2)
    with pytest.raises(ValueError, match="must be positive"):
        local_level(np.zeros((3, 1)), np.zeros((3, 1)))
