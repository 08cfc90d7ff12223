"""EARS C1, C2 and C3: spikes in a short history, against the mean and standard deviation of a few days.

Hutwagner et al. (2003); in the form that R's surveillance::earsC gives them (Salmon, Schumacher &
Höhle 2016). docs/methods/spikes.md has the formulas.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from analysis.spikes.bounds import Bounds
from analysis.spikes.counts import Counts, Floats

_LAG = {"ears-c1": 0, "ears-c2": 2, "ears-c3": 2}
_MIN_OBSERVED = 3


@dataclass(frozen=True, slots=True)
class EarsOptions:
    """`alpha`: chance of a false alarm a step for normal counts (None: 0.001, for C3 0.025).

    `baseline`: steps in the baseline. `min_sigma`: the least standard deviation assumed, in posts.
    `offset`: compare rates (count / total) rather than counts; None means: on a calendar (dates,
    ISO weeks) where a total is given, and not on a bare running number, which is read as R does.
    """

    alpha: float | None = None
    baseline: int = 7
    min_sigma: float = 0.0
    offset: bool | None = None

    def __post_init__(self) -> None:
        if self.alpha is not None and not 0 < self.alpha < 1:
            raise ValueError(f"alpha={self.alpha}: it lies between 0 and 1")
        if self.baseline < _MIN_OBSERVED:
            raise ValueError(f"baseline={self.baseline}: at least {_MIN_OBSERVED} steps")
        if not self.min_sigma >= 0:
            raise ValueError(f"min_sigma={self.min_sigma}: at least 0")


def ears(counts: Counts, method: str, options: EarsOptions) -> Bounds:
    """Expected count, upper bound and score of every step; NaN before the baseline is full.

    C1 takes the `baseline` steps just before, C2 leaves out the last two, C3 adds up C2 over the two
    steps before. The score of C1 and C2 is the standardised deviation, of C3 the summed excess.
    It assumes counts without trend or weekly pattern, and few zeros: below about five posts a day the
    normal bound raises too many alarms.
    """
    alpha = options.alpha if options.alpha is not None else (0.025 if method == "ears-c3" else 0.001)
    quantile = float(norm.isf(alpha))
    scale = _scale(counts, options)
    rate = counts.count / scale
    mean, sd = _baseline(rate, _LAG[method], options.baseline)
    expected = mean * scale
    sigma = np.fmax(sd * scale, options.min_sigma)
    sigma[np.isnan(sd)] = np.nan
    deviation = _standardised(counts.count - expected, sigma)
    if method != "ears-c3":
        return Bounds(expected, expected + quantile * sigma, deviation, np.asarray(norm.sf(deviation)))
    excess = np.fmax(deviation - 1, 0.0)
    before = np.full_like(excess, np.nan)
    before[2:] = excess[1:-1] + excess[:-2]
    # A spread of zero leaves the count itself as its bound, however large the excess before it.
    with np.errstate(invalid="ignore"):
        slack = np.where(sigma == 0, 0.0, sigma * (quantile - before))
    upper = np.fmax(counts.count + slack, 0.0)
    upper[np.isnan(before) | np.isnan(sigma)] = np.nan
    return Bounds(expected, upper, before, np.asarray(norm.sf(before)))


def _scale(counts: Counts, options: EarsOptions) -> Floats:
    total = counts.offset(options.offset)
    return np.ones_like(counts.count) if total is None else total


def _baseline(rate: Floats, lag: int, length: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the `length` steps that end `lag` steps before each step."""
    mean, sd = np.full_like(rate, np.nan), np.full_like(rate, np.nan)
    if rate.size <= length + lag:
        return mean, sd
    windows = np.lib.stride_tricks.sliding_window_view(rate, length)[: rate.size - length - lag]
    enough = np.sum(~np.isnan(windows), axis=1) >= _MIN_OBSERVED
    with warnings.catch_warnings():
        # All-NaN windows stay NaN: `enough` rules them out.
        warnings.simplefilter("ignore", RuntimeWarning)
        mean[length + lag :] = np.where(enough, np.nanmean(windows, axis=1), np.nan)
        sd[length + lag :] = np.where(enough, np.nanstd(windows, axis=1, ddof=1), np.nan)
    return mean, sd


def _standardised(deviation: Floats, sigma: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        score = deviation / sigma
    return np.where((sigma == 0) & (deviation == 0), 0.0, score)
