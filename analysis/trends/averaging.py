"""The level of many series at once, its interval containing that nobody knows how fast opinion moves.

With the level's variance put at its maximum-likelihood value, intervals are too narrow, and flat where that value is
zero. Here the smoother is averaged over a grid of standard deviations, each weighted by its likelihood (Hamilton 1986)
and by a half-normal prior that keeps short series from claiming anything (Gelman 2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from analysis.trends.local_level import Floats, Smoothed, kalman_filter, smooth

WEEKLY_SCALE = 0.5
"""Scale of the prior on the standard deviation of a week's change, in logits: 12 points at a share of one half."""
_POINTS = 25


@dataclass(frozen=True, slots=True)
class Level:
    """The level of S series at T times, in the unit of the observations.

    `mean` and `variance` (T, S) are what the whole series says of each time; NaN where a series is empty.
    """

    mean: Floats
    variance: Floats
    _parts: Smoothed
    _weights: Floats

    def one(self, series: int) -> Level:
        """The level of one series alone, with one column."""
        column = slice(series, series + 1)
        parts = Smoothed(*(part[:, column] for part in self._parts))
        return Level(self.mean[:, column], self.variance[:, column], parts, self._weights[column])

    def change(self, since: int, until: int) -> tuple[Floats, Floats]:
        """level[until] - level[since] and its standard error, (S,), from the joint distribution of both."""
        first, last = sorted((since, until))
        carried = self._parts.gain[first:last].prod(axis=0)
        covariance = carried * self._parts.variance[last]
        each = self._parts.mean[until] - self._parts.mean[since]
        spread = self._parts.variance[first] + self._parts.variance[last] - 2 * covariance
        mean, variance = _pooled(each, np.fmax(spread, 0.0), self._weights)
        return mean, np.sqrt(variance)

    def p_rise(self, since: int, until: int) -> Floats:
        """The probability, (S,), that the level at `until` lies above that at `since`; 0.5 for the same time."""
        change, error = self.change(since, until)
        return np.asarray(ndtr(np.divide(change, error, out=np.zeros_like(change), where=error > 0)))


def local_level(y: Floats, noise: Floats, scale: float = WEEKLY_SCALE) -> Level:
    """The smoothed level of observations `y` (T, S) with variances `noise` (T, S); NaN in `y` where there is none.

    `scale` is that of the half-normal prior on the standard deviation of one period's change, in the unit of `y`.
    ValueError where shapes differ or a variance of an observation is not positive.
    """
    _check(y, noise)
    sds, prior = _grid(scale)
    filtered = kalman_filter(y[:, :, None], noise[:, :, None], sds**2)
    weights = _weights(filtered.log_likelihood[-1], prior)
    parts = smooth(filtered, sds**2)
    mean, variance = _pooled(parts.mean, parts.variance, weights)
    return Level(mean, variance, parts, weights)


def _grid(scale: float) -> tuple[Floats, Floats]:
    """Standard deviations, evenly spaced in their logarithm, and the prior's mass near each."""
    sds = np.geomspace(scale / 100, 4 * scale, _POINTS)
    middles = np.sqrt(sds[:-1] * sds[1:])
    edges = np.concatenate([[0.0], middles, [np.inf]])
    mass = 2 * np.diff(ndtr(edges / scale))
    return sds, np.asarray(mass)


def _weights(log_likelihood: Floats, prior: Floats) -> Floats:
    weights = np.exp(log_likelihood - log_likelihood.max(axis=-1, keepdims=True)) * prior
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _pooled(mean: Floats, variance: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of a mixture along the last axis."""
    centre = (weights * mean).sum(axis=-1)
    with np.errstate(invalid="ignore"):
        spread = (weights * (variance + (mean - centre[..., None]) ** 2)).sum(axis=-1)
    return centre, np.where(np.isfinite(centre), spread, np.inf)


def _check(y: Floats, noise: Floats) -> None:
    if y.shape != noise.shape or y.ndim != 2:
        raise ValueError(f"observations {y.shape} and variances {noise.shape}: both are (periods, series)")
    wrong = np.isfinite(y) & ~(np.isfinite(noise) & (noise > 0))
    if wrong.any():
        t, s = np.argwhere(wrong)[0]
        raise ValueError(f"period {t} of series {s}: the variance {noise[t, s]} of an observation must be positive")
