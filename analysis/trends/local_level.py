"""The local level model: an opinion that walks at random, seen through weeks of known noise.

    y_t = level_t + e_t,        e_t ~ N(0, h_t), h_t known
    level_t = level_(t-1) + w_t,  w_t ~ N(0, q), q unknown

Durbin & Koopman (2012, chapter 2). Many series are filtered at once: arrays have time first, (T, ...).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_GOLDEN = (np.sqrt(5) - 1) / 2
_LARGEST_SD = 8.0


class Filtered(NamedTuple):
    """What is known at each time from the past and the present: mean and variance of the level, shape (T, ...).

    Both are NaN and infinite before the first observation. `log_likelihood` (T, ...) is cumulative and diffuse: the
    first observation of a series says where it starts and counts for nothing.
    """

    mean: Floats
    variance: Floats
    log_likelihood: Floats


class Smoothed(NamedTuple):
    """What is known at each time from the whole series: mean and variance, (T, ...), and the smoother's gain.

    `gain[t]` links neighbours: Cov(level_t, level_u | all) = gain[t] * … * gain[u-1] * variance[u] for t < u.
    """

    mean: Floats
    variance: Floats
    gain: Floats


def kalman_filter(y: Floats, noise: Floats, q: Floats) -> Filtered:
    """The filter for observations `y` (T, ...), NaN where there is none, their variances and the level's variance `q`.

    `noise` has the shape of `y`; `q` (...) broadcasts against one time of it and is >= 0. A series without any
    observation has no level.
    """
    shape = np.broadcast_shapes(y.shape[1:], np.shape(q))
    known = np.isfinite(y)
    first = (~np.logical_or.accumulate(known, axis=0)).sum(axis=0)
    # What was not seen is infinitely uncertain: it moves nothing.
    seen, noise = np.where(known, y, 0.0), np.where(known, noise, np.inf)
    mean, variance = np.full(shape, np.nan), np.full(shape, np.inf)
    means, variances, surprises, expected = (np.empty((len(y), *shape)) for _ in range(4))
    with np.errstate(invalid="ignore"):
        for t in range(len(y)):
            ahead = variance + q
            expected[t] = ahead + noise[t]
            surprises[t] = seen[t] - mean
            gain = ahead / expected[t]
            mean = mean + gain * surprises[t]
            variance = ahead * (1 - gain)
            if t <= first.max(initial=0):
                mean = np.where(t > first, mean, np.where(t == first, seen[t], np.nan))
                variance = np.where(t > first, variance, np.where(t == first, noise[t], np.inf))
            means[t], variances[t] = mean, variance
        terms = 0.5 * (np.log(2 * np.pi * expected) + surprises**2 / expected)
    counted = known & (np.arange(len(y)).reshape(-1, *(1,) * first.ndim) > first)
    return Filtered(means, variances, -np.cumsum(np.where(counted, terms, 0.0), axis=0))


def smooth(filtered: Filtered, q: Floats) -> Smoothed:
    """The fixed-interval smoother (Rauch, Tung & Striebel 1965); the first observation is carried back."""
    mean, variance = filtered.mean.copy(), filtered.variance.copy()
    begun = np.isfinite(variance[:-1])
    seen, own = np.where(begun, mean[:-1], 0.0), np.where(begun, variance[:-1], 0.0)
    ahead = np.where(begun, own + q, -np.asarray(q))
    gains = np.where(begun, np.divide(own, ahead, out=np.ones_like(ahead), where=ahead > 0), 1.0)
    squares = gains**2
    for t in range(len(mean) - 2, -1, -1):
        mean[t] = seen[t] + gains[t] * (mean[t + 1] - seen[t])
        variance[t] = own[t] + squares[t] * (variance[t + 1] - ahead[t])
    return Smoothed(mean, variance, gains)


def maximum_likelihood(y: Floats, noise: Floats, iterations: int = 60) -> Floats:
    """The level's variance q that makes the series most likely, one for each series of `y` (T, series).

    A golden section search for its root between the neighbours of the best of a grid. Often exactly 0 where weeks are
    few and noisy (Shephard & Harvey 1990): that is why intervals are averaged over what q may be. A standard deviation
    above 8 logits a period is not looked for. Series with fewer than two observations have no maximum: NaN.
    """
    grid = np.concatenate([[0.0], np.geomspace(1e-3, _LARGEST_SD, 40)])
    likelihood = kalman_filter(y[:, :, None], noise[:, :, None], grid**2).log_likelihood[-1]
    best = likelihood.argmax(axis=1)
    low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, grid.size - 1)]
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = (_likelihood(y, noise, sd) for sd in (left, right))
    for _ in range(iterations):
        rising = at_left < at_right
        low, high = np.where(rising, left, low), np.where(rising, high, right)
        inner = np.where(rising, low + _GOLDEN * (high - low), high - _GOLDEN * (high - low))
        value = _likelihood(y, noise, inner)
        left, right = np.where(rising, right, inner), np.where(rising, inner, left)
        at_left, at_right = np.where(rising, at_right, value), np.where(rising, value, at_left)
    found = (low + high) / 2
    zero = _likelihood(y, noise, np.zeros_like(found)) >= _likelihood(y, noise, found)
    chosen = np.where(np.isfinite(y).sum(axis=0) < 2, np.nan, np.where(zero, 0.0, found) ** 2)
    return np.asarray(chosen, dtype=np.float64)


def _likelihood(y: Floats, noise: Floats, sd: Floats) -> Floats:
    return np.asarray(kalman_filter(y, noise, sd**2).log_likelihood[-1], dtype=np.float64)
