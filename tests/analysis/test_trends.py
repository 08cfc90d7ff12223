"""The level behind noisy periods: against the dense posterior, in simulation, and through gaps."""

import datetime as dt
import warnings

import numpy as np
import polars as pl
import pytest
from scipy.special import expit, logit

from analysis.trends import changes, smooth_shares
from analysis.trends.averaging import local_level
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
                "n_eff": 0.25 / error**2, "complete": week not in incomplete,
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
    (change,) = changes(levels, MONDAY + dt.timedelta(weeks=5, days=3))
    assert change.since == "2022-W05", "the week of the event holds what came after it"
    assert change.until == "2022-W20"
    assert change.change == pytest.approx(0.3, abs=0.03)
    assert change.low < change.change < change.high
    assert change.p_rise > 0.999
    assert levels[0].over == MONDAY + dt.timedelta(weeks=20)
    assert list(changes(levels, MONDAY + dt.timedelta(days=6))) == [], "no week was over before"


def test_a_series_with_one_week_is_not_smoothed() -> None:
    told, levels = smooth_shares(series([0.3, None, None]), "week")
    assert told["smoothed"].null_count() == 3
    assert levels == []


def test_what_cannot_be_smoothed_says_so() -> None:
    with pytest.raises(ValueError, match="confidence=2"):
        smooth_shares(series([0.3, 0.4]), "week", confidence=2)
    with pytest.raises(ValueError, match="must be positive"):
        local_level(np.zeros((3, 1)), np.zeros((3, 1)))


def test_the_model_is_that_of_statsmodels() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsmodels.tsa.statespace.structural import UnobservedComponents

        dice = np.random.default_rng(4)
        noise = dice.uniform(0.02, 0.2, 60)
        y = np.cumsum(dice.normal(0, 0.15, 60)) + dice.normal(0, np.sqrt(noise))
        y[[3, 17, 18, 40]] = np.nan
        reference = UnobservedComponents(y, "rwalk", use_exact_diffuse=True)
        reference.ssm["obs_cov"] = noise[None, None, :]
        (q,) = maximum_likelihood(y[:, None], noise[:, None])
        fitted = reference.fit(disp=False)
        at_q = reference.smooth([q])
    assert q == pytest.approx(fitted.params[0], rel=1e-3)
    ours = smooth(kalman_filter(y[:, None], noise[:, None], np.array([q])), np.array([q]))
    np.testing.assert_allclose(ours.mean[:, 0], at_q.smoothed_state[0], atol=1e-10)
    np.testing.assert_allclose(ours.variance[:, 0], at_q.smoothed_state_cov[0, 0], atol=1e-10)


def test_a_series_is_filtered_and_smoothed_as_it_would_be_alone() -> None:
    dice = np.random.default_rng(6)
    y, noise, q = dice.normal(size=(9, 3)), dice.uniform(0.1, 1, (9, 3)), np.array([0.0, 0.2])
    y[[4, 5], 0] = np.nan
    y[:4, 1] = np.nan
    y[:, 2] = np.nan
    together = kalman_filter(y[:, :, None], noise[:, :, None], q)
    smoothed = smooth(together, q)
    for s in range(3):
        alone = kalman_filter(y[:, [s], None], noise[:, [s], None], q)
        for ours, its in ((together, alone), (smoothed, smooth(alone, q))):
            for part, other in zip(ours, its, strict=True):
                np.testing.assert_array_equal(part[:, [s]], other)
    assert np.isnan(together.mean[:4, 1]).all()
    assert np.isinf(together.variance[:4, 1]).all()
    assert not together.log_likelihood[:5, 1].any(), "the first observation counts for nothing"
    assert (smoothed.mean[:4, 1] == smoothed.mean[4, 1]).all(), "the first observation is carried back"
    assert np.isnan(smoothed.mean[:, 2]).all()


def test_rare_shares_are_hardly_biased_though_many_weeks_show_none() -> None:
    dice = np.random.default_rng(5)
    rows = []
    for number, count in enumerate(dice.binomial(40, 0.03, (150, 20))):
        shares = [float(one) / 40 for one in count]
        frame = series(shares).with_columns(value=pl.lit(f"s{number:03d}"), n_eff=pl.lit(40.0))
        rows.append(frame.with_columns(low=pl.col("share") / 2, high=pl.col("share") + 0.05))
    told, _ = smooth_shares(pl.concat(rows), "week")
    assert 0.02 < told["smoothed"].mean() < 0.045  # type: ignore[operator]
    held = (told["smoothed_low"] <= 0.03) & (told["smoothed_high"] >= 0.03)
    assert held.mean() > 0.9  # type: ignore[operator]


def test_series_are_smoothed_together_as_each_alone() -> None:
    one, two = series([0.3, 0.4, 0.5, 0.45]), series([None, 0.6, 0.55, 0.7, 0.65]).with_columns(stance=pl.lit("favor"))
    both, levels = smooth_shares(pl.concat([one, two]), "week")
    alone, _ = smooth_shares(one, "week")
    assert both.filter(stance="against")["smoothed"].to_list() == pytest.approx(alone["smoothed"].to_list())
    assert [(level.first, level.last) for level in levels] == [(0, 3), (1, 4)]
