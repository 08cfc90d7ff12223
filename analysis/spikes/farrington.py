"""The flexible Farrington algorithm: spikes in weekly counts with at least a year of history.

Noufaily et al. (2013), "An improved algorithm for outbreak detection in multiple surveillance
systems", Statistics in Medicine 32; Farrington et al. (1996); thresholds as described by Salmon,
Schumacher & Höhle (2016). Written from these papers; docs/methods/spikes.md has the formulas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.stats import nbinom, norm, poisson

from analysis.spikes.bounds import Bounds
from analysis.spikes.counts import Counts, Floats
from analysis.spikes.glm import Fit, fit_quasi_poisson


@dataclass(frozen=True, slots=True)
class FarringtonOptions:
    """Defaults are those of Noufaily et al. (2013).

    `years` of history in which each year gives `half_window` weeks either side of the current one as
    a season of its own and the rest in `seasons` - 1 equal parts; the last `recent` weeks are left
    out; residuals above `weights_threshold` are down-weighted. `threshold`: delta (2/3-power
    normal), nbPlugin (negative-binomial quantile) or muan (that of the mean's own upper limit).
    Weeks with fewer than `min_cases` posts in the last `min_cases_weeks` have no bound.
    """

    alpha: float = 0.01
    years: int = 5
    half_window: int = 3
    seasons: int = 10
    recent: int = 26
    weights_threshold: float = 2.58
    threshold: Literal["delta", "nbPlugin", "muan"] = "delta"
    frequency: int = 52
    min_cases: int = 5
    min_cases_weeks: int = 4

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha={self.alpha}: it lies between 0 and 1")
        if self.threshold not in ("delta", "nbPlugin", "muan"):
            raise ValueError(f"threshold={self.threshold!r}: allowed are delta, nbPlugin and muan")
        if self.years < 1 or self.half_window < 0 or self.recent < 0:
            raise ValueError("years is at least 1, half_window and recent at least 0")
        if self.seasons < 1 or self.seasons - 1 > self.frequency - 2 * self.half_window - 1:
            raise ValueError(f"seasons={self.seasons}: a year of {self.frequency} weeks has no room for so many")


class Prediction(NamedTuple):
    """Mean `mu` of the current week, standard error of its logarithm, and the dispersion."""

    mu: float
    log_error: float
    dispersion: float


def farrington(counts: Counts, options: FarringtonOptions) -> Bounds:
    """Expected count, upper bound and score of every week; NaN where the history is too short or too thin.

    The score is the exceedance: 1 at the upper bound, 0 at the expectation. It stops being valid
    where the mean lies below about one post a week, and where the last year differs from those
    before by more than a steady trend.
    """
    bounds = Bounds.unknown(counts.count.size)
    first = options.years * options.frequency + options.half_window
    for week in range(first, counts.count.size):
        recent = counts.count[max(0, week - options.min_cases_weeks + 1) : week + 1]
        if np.nansum(recent) < options.min_cases:
            continue
        prediction = _predict(counts, week, options)
        if prediction is None:
            continue
        bounds.expected[week] = prediction.mu
        bounds.upper[week] = upper = _upper(prediction, options)
        bounds.p_value[week] = _chance(counts.count[week], prediction, options)
        if upper > prediction.mu:
            bounds.score[week] = (counts.count[week] - prediction.mu) / (upper - prediction.mu)
    return bounds


def season_of(weeks_back: Floats, options: FarringtonOptions) -> Floats:
    """The season (0 … seasons - 1) of a week so many weeks before the current one; 0 holds the current week."""
    place = (options.half_window - weeks_back) % options.frequency
    width = 2 * options.half_window + 1
    parts = (place - width) * (options.seasons - 1) // (options.frequency - width) + 1
    return np.where(place < width, 0, parts)


def _predict(counts: Counts, week: int, options: FarringtonOptions) -> Prediction | None:
    first = week - options.years * options.frequency - options.half_window
    past = np.arange(first, week - options.recent)
    past = past[~np.isnan(counts.count[past])]
    total = np.ones_like(counts.count) if counts.total is None else counts.total
    if not total[week] > 0 or past.size == 0:
        return None
    seasons = season_of((week - past).astype(np.float64), options)
    levels = np.unique(seasons)
    if levels[0] != 0 or past.size <= levels.size + 1:
        return None
    dummies = (seasons[:, None] == levels[None, 1:]).astype(np.float64)
    design = np.column_stack([np.ones(past.size), past - week, dummies])
    fit = _reweighted(design, counts.count[past], np.log(total[past]), options.weights_threshold)
    if fit is None:
        return None
    # The current week is time 0 of season 0: its linear predictor is the intercept.
    # Its error is scaled by the relative variance, as surveillance::farringtonFlexible does, and not by the dispersion:
    # smaller than the textbook's by about the square root of the mean count.
    error = float(np.sqrt(fit.relative_variance * fit.covariance[0, 0]))
    return Prediction(float(np.exp(fit.coefficients[0]) * total[week]), error, max(fit.dispersion, 1.0))


def _reweighted(design: Floats, y: Floats, offset: Floats, threshold: float) -> Fit | None:
    """The fit after weeks that look like past spikes have lost weight (Noufaily et al. 2013, section 3.5)."""
    fit = fit_quasi_poisson(design, y, offset, np.ones_like(y))
    if fit is None:
        return None
    mu = fit.fitted
    anscombe = 1.5 * (y ** (2 / 3) * mu ** (-1 / 6) - np.sqrt(mu))
    scaled = anscombe / np.sqrt(max(fit.dispersion, 1.0) * np.fmax(1 - fit.leverage, 1e-12))
    weights = np.where(scaled < threshold, 1.0, np.fmax(np.abs(scaled), 1e-12) ** -2)
    return fit_quasi_poisson(design, y, offset, weights * y.size / weights.sum())


def _upper(prediction: Prediction, options: FarringtonOptions) -> float:
    mu, log_error, dispersion = prediction
    quantile = float(norm.isf(options.alpha))
    if options.threshold == "delta":
        # Variance of (count - mean) on the 2/3-power scale: dispersion of the count and error of the mean.
        spread = dispersion + log_error**2 * mu
        return float((mu ** (2 / 3) + quantile * np.sqrt(4 / 9 * mu ** (1 / 3) * spread)) ** 1.5)
    mean = mu * float(np.exp(quantile * log_error)) if options.threshold == "muan" else mu
    if dispersion <= 1:
        return float(poisson.ppf(1 - options.alpha, mean))
    return float(nbinom.ppf(1 - options.alpha, mean / (dispersion - 1), 1 / dispersion))


def _chance(count: float, prediction: Prediction, options: FarringtonOptions) -> float:
    """The smallest alpha at which `count` would be above the bound; NaN where it was not observed."""
    mu, log_error, dispersion = prediction
    if np.isnan(count):
        return float("nan")
    if options.threshold == "delta":
        spread = dispersion + log_error**2 * mu
        return float(norm.sf((count ** (2 / 3) - mu ** (2 / 3)) / np.sqrt(4 / 9 * mu ** (1 / 3) * spread)))
    mean = mu * float(np.exp(norm.isf(options.alpha) * log_error)) if options.threshold == "muan" else mu
    if dispersion <= 1:
        return float(poisson.sf(count - 1, mean))
    return float(nbinom.sf(count - 1, mean / (dispersion - 1), 1 / dispersion))
