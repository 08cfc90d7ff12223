"""Log-linear and logistic regressions on level, trend, weekday and holiday, for many series at once.

Iteratively reweighted least squares with a ridge, which is a normal prior around "no effect": with few weeks of history
the weekdays and the trend stay small, with many they are what the data say. Past outbreaks lose weight as in Noufaily
et al. (2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.spikes.counts import Floats

Family = Literal["counts", "shares"]

_ITERATIONS = 12
_REWEIGHTED = 2
_OUTBREAK = 2.58
_WINSOR = 4.0
_BOUND = 30.0
_LEAST = 1e-9
_PRIOR_SD = {"trend": 0.15, "weekday": 0.5, "holiday": 0.7}
"""Standard deviations of the priors, on the log or logit scale: the trend's for 30 days."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Series x days ahead. `mean`: count or share. `spread`: variance of its predictor. `dispersion`: by series."""

    mean: Floats
    spread: Floats
    dispersion: Floats


def design(days: Floats, origin: float, holidays: Floats) -> Floats:
    """Rows of the regression: level, trend (30 days), six weekdays against the mean of the week, holiday.

    `days`: days since 1970. `origin`: the day at which the trend is 0.
    """
    weekday = (days.astype(np.int64) + 3) % 7
    dummies = np.eye(7)[weekday] - 1 / 7
    return np.column_stack([np.ones_like(days), (days - origin) / 30, dummies[:, :6], holidays])


def penalty() -> Floats:
    """The ridge of `design`'s columns: one over the variance of the prior, nearly none for the level."""
    sd = np.array([100.0, _PRIOR_SD["trend"], *[_PRIOR_SD["weekday"]] * 6, _PRIOR_SD["holiday"]])
    return sd**-2


def forecast(past: Floats, ahead: Floats, y: Floats, size: Floats, size_ahead: Floats, family: Family) -> Forecast:
    """What `y` (series x past days, NaN: not observed) leads one to expect of the days ahead.

    `past`, `ahead`: rows of `design`. `size`, `size_ahead`: series x days, what the mean is multiplied by (counts: an
    offset; shares: the number of trials). The forecast's mean is that of a count, or of a share. A series without a
    single count has a mean near zero and a wide spread.
    """
    seen = ~np.isnan(y) & (size > 0)
    counted, sizes = np.where(seen, y, 0.0), np.where(seen, size, 1.0)
    weights = seen.astype(np.float64)
    coefficients = _start(counted, sizes, weights, past.shape[1], family)
    freedom = np.fmax(seen.sum(axis=1) - past.shape[1] / 2, 1.0)
    limit = np.full((y.shape[0], 1), np.inf)
    for again in range(_REWEIGHTED):
        coefficients, covariance, mu, variance = _fit(past, counted, sizes, weights, coefficients, family)
        # An outbreak in the past is part of the scatter only as far as a usual day could be.
        pearson = np.fmin(seen * (counted - mu) ** 2 / variance, limit)
        dispersion = np.fmax(pearson.sum(axis=1) / freedom, 1.0)
        if again + 1 < _REWEIGHTED:
            weights = seen * _outbreak_weights(counted, mu, variance, dispersion)
            limit = _WINSOR**2 * dispersion[:, None]
    predictor = np.clip(coefficients @ ahead.T, -_BOUND, _BOUND)
    spread = np.einsum("ij,sjk,ik->si", ahead, covariance, ahead) * dispersion[:, None]
    mean = np.exp(predictor) * size_ahead if family == "counts" else 1 / (1 + np.exp(-predictor))
    return Forecast(mean, spread, dispersion)


def _start(y: Floats, sizes: Floats, weights: Floats, columns: int, family: Family) -> Floats:
    rate = (y.sum(axis=1) + 0.5) / ((sizes * weights).sum(axis=1) + 1.0)
    if family == "shares":
        rate = rate / (1 - np.fmin(rate, 1 - 1e-6))
    start = np.zeros((y.shape[0], columns))
    start[:, 0] = np.log(rate)
    return start


def _fit(
    x: Floats, y: Floats, sizes: Floats, weights: Floats, coefficients: Floats, family: Family
) -> tuple[Floats, Floats, Floats, Floats]:
    """Coefficients, their unscaled covariance, fitted counts, variance of a count under the plain family."""
    ridge = np.diag(penalty())
    products = (x[:, :, None] * x[:, None, :]).reshape(x.shape[0], -1)
    mu, variance = _moments(coefficients @ x.T, sizes, family)
    for _ in range(_ITERATIONS):
        working = weights * variance
        gram = (working @ products).reshape(-1, x.shape[1], x.shape[1]) + ridge
        slope = (weights * (y - mu)) @ x - coefficients * penalty()
        step = np.linalg.solve(gram, slope[:, :, None])[:, :, 0]
        coefficients = coefficients + np.clip(step, -2, 2)
        mu, variance = _moments(coefficients @ x.T, sizes, family)
        if float(np.abs(step).max(initial=0.0)) < 1e-6:
            break
    gram = ((weights * variance) @ products).reshape(-1, x.shape[1], x.shape[1]) + ridge
    return coefficients, np.asarray(np.linalg.inv(gram), dtype=np.float64), mu, variance


def _moments(predictor: Floats, sizes: Floats, family: Family) -> tuple[Floats, Floats]:
    bounded = np.clip(predictor, -_BOUND, _BOUND)
    if family == "counts":
        mu = np.exp(bounded) * sizes
        return mu, np.fmax(mu, _LEAST)
    share = 1 / (1 + np.exp(-bounded))
    return share * sizes, np.fmax(share * (1 - share) * sizes, _LEAST)


def _outbreak_weights(y: Floats, mu: Floats, variance: Floats, dispersion: Floats) -> Floats:
    """1 for usual days; a day far above its mean counts with the inverse square of its residual."""
    residual = (y - mu) / np.sqrt(variance * dispersion[:, None])
    # Against normal residuals counts are skewed: on the 2/3 scale they are nearly symmetric (Anscombe).
    anscombe = 1.5 * (y ** (2 / 3) - mu ** (2 / 3)) * np.fmax(mu, _LEAST) ** (1 / 3)
    residual = np.fmin(residual, anscombe / np.sqrt(variance * dispersion[:, None]))
    return np.where(residual > _OUTBREAK, np.fmax(residual, 1.0) ** -2, 1.0)
