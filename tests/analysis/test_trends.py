"""The local level: against statsmodels where it is installed, by simulated coverage, and from stored shares."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from analysis.trends import local_level, smooth_shares
from analysis.trends.local_level import kalman_filter, smooth


def test_filter_and_smoother_are_the_normal_distribution_of_all_weeks_at_once() -> None:
    draw = np.random.default_rng(1)
    q, noise = 0.04, draw.uniform(0.05, 0.3, 12)
    y = np.cumsum(draw.normal(0, 0.2, 12)) + draw.normal(0, np.sqrt(noise))
    y[[3, 7]] = np.nan
    steps = np.diff(np.eye(12), axis=0)
    seen = np.isfinite(y)
    precision = steps.T @ steps / q + np.diag(np.where(seen, 1 / noise, 0.0))
    covariance = np.linalg.inv(precision)
    mean = covariance @ np.where(seen, np.nan_to_num(y) / noise, 0.0)
    found = smooth(kalman_filter(y[:, None], noise[:, None], np.array([q])), np.array([q]))
    assert found.mean[:, 0] == pytest.approx(mean, abs=1e-9)
    assert found.variance[:, 0] == pytest.approx(np.diag(covariance), abs=1e-9)
    assert found.gain[4:9, 0].prod() * found.variance[9, 0] == pytest.approx(covariance[4, 9], abs=1e-9)


def test_statsmodels_says_the_same_of_equal_noise() -> None:
    structural = pytest.importorskip("statsmodels.tsa.statespace.structural")
    draw = np.random.default_rng(2)
    y = np.cumsum(draw.normal(0, 0.2, 30)) + draw.normal(0, 0.3, 30)
    y[10] = np.nan
    model = structural.UnobservedComponents(y, "llevel", use_exact_diffuse=True)
    theirs = model.smooth([0.09, 0.04])
    ours = smooth(kalman_filter(y[:, None], np.full((30, 1), 0.09), np.array([0.04])), np.array([0.04]))
    assert ours.mean[:, 0] == pytest.approx(theirs.smoothed_state[0], abs=1e-8)
    assert ours.variance[:, 0] == pytest.approx(theirs.smoothed_state_cov[0, 0], abs=1e-8)


def test_a_clear_rise_is_probable_and_a_week_without_authors_has_a_level() -> None:
    shares = [0.2, 0.21, None, 0.5, 0.6]
    frame = pl.DataFrame(
        {
            "starts": [dt.date(2022, 9, 5) + dt.timedelta(weeks=week) for week in range(5)],
            "group": "all",
            "value": "",
            "stance": "against",
            "share": shares,
            "low": [None if share is None else share - 0.05 for share in shares],
            "high": [None if share is None else share + 0.05 for share in shares],
            "complete": True,
        }
    )
    told = smooth_shares(frame, "week", since=dt.date(2022, 9, 21))
    assert told["level"].null_count() == 0
    assert told["p_rise_month"][4] > 0.99
    assert told["p_rise_since"][4] > 0.95
    assert told["p_rise_since"][:3].null_count() == 3
    assert told["level_low"][2] < told["level"][2] < told["level_high"][2]


def test_a_variance_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ValueError, match="period 0 of series 0"):
        local_level(np.zeros((2, 1)), np.zeros((2, 1)))
