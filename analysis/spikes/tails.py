"""Chances in the upper tail: of a sample's own exceedances, and of over-dispersed counts with estimated parameters."""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, gammaln
from scipy.stats import beta, nbinom, norm, t

from analysis.spikes.counts import Floats

_LEAST_SCALE = 1e-3
_LEAST_OVERDISPERSION = 1e-6
_EXACT_TRIALS = 2000


class ExceedanceTail:
    """The upper tail of a sample: as observed up to a quantile, exponential beyond it (peaks over threshold).

    The sample is on a log scale (asinh of counts), where an exponential tail is a power law of the counts. The scale is
    the mean excess; it is at least a thousandth, so that a constant series has a tail too.
    """

    def __init__(self, sample: Floats, quantile: float) -> None:
        self.sorted = np.sort(sample)
        self.start = float(np.quantile(self.sorted, quantile))
        excess = self.sorted[self.sorted > self.start] - self.start
        self.scale = max(float(excess.mean()) if excess.size else 0.0, _LEAST_SCALE)
        self.outside = -np.log10(1 - quantile)

    def minus_log10(self, level: Floats) -> Floats:
        """-log10 of the chance of this level or a higher one; NaN stays NaN."""
        size = self.sorted.size
        at_least = (size - np.searchsorted(self.sorted, level, side="left") + 1) / (size + 1)
        beyond = self.outside + (level - self.start) / self.scale / np.log(10)
        told = np.where(level > self.start, beyond, -np.log10(np.minimum(at_least, 1.0)))
        return np.where(np.isnan(level), np.nan, told)


def count_tail(y: Floats, mean: Floats, variance: Floats, alpha: float) -> tuple[Floats, Floats]:
    """P(Y >= y), and the largest count that is no alarm at `alpha`, for a negative binomial of this mean and variance.

    The variance is raised to just above the mean where it is not larger (nearly Poisson). NaN stays NaN.
    """
    known = ~np.isnan(mean)
    mu = np.where(known, np.fmax(mean, 1e-9), 1.0)
    var = np.fmax(np.where(known, variance, 2.0), mu * (1 + _LEAST_OVERDISPERSION))
    size, chance = mu**2 / (var - mu), mu / var
    p = nbinom.sf(np.nan_to_num(y) - 1, size, chance)
    upper = nbinom.isf(alpha, size, chance)
    return np.where(known & ~np.isnan(y), p, np.nan), np.where(known, upper, np.nan)


def share_tail(y: Floats, trials: Floats, share: Floats, correlation: Floats, alpha: float) -> tuple[Floats, Floats]:
    """The same of a beta-binomial: `trials` with mean `share`, alike within a day by `correlation` (0 to 1).

    Exact up to 2,000 trials, beyond by the beta distribution of the same variance.
    """
    p, upper = np.full(y.size, np.nan), np.full(y.size, np.nan)
    for place in np.flatnonzero(~np.isnan(share) & (trials > 0)):
        n, mu = float(trials[place]), float(np.clip(share[place], 1e-6, 1 - 1e-6))
        rho = float(np.clip(correlation[place], 1e-6, 0.99))
        chance, upper[place] = _beta_binomial(y[place], n, mu, rho, alpha)
        p[place] = np.nan if np.isnan(y[place]) else chance
    return p, upper


def _beta_binomial(y: float, n: float, mu: float, rho: float, alpha: float) -> tuple[float, float]:
    a, b = mu * (1 - rho) / rho, (1 - mu) * (1 - rho) / rho
    if n > _EXACT_TRIALS:
        # Of y / n the variance is mu (1 - mu) (rho + (1 - rho) / n): a beta of that variance.
        total = 1 / (rho + (1 - rho) / n) - 1
        a, b = mu * total, (1 - mu) * total
        return float(beta.sf((y - 0.5) / n, a, b)), float(np.floor(beta.isf(alpha, a, b) * n + 0.5))
    k = np.arange(n + 1)
    log_mass = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + betaln(k + a, n - k + b) - betaln(a, b)
    at_least = np.minimum(np.cumsum(np.exp(log_mass)[::-1])[::-1], 1.0)
    # The largest count that is no alarm: one less than the first whose chance is at most alpha.
    first = int(np.searchsorted(-at_least, -alpha, side="left"))
    chance = float(at_least[int(y)]) if 0 <= y <= n else float(y < 0)
    return chance, float(first - 1)


def widened(p: Floats, freedom: float) -> Floats:
    """p-values under a known dispersion as they are under one estimated with `freedom` degrees: t for normal.

    It matters far out in the tail, where many series at once are decided.
    """
    return np.asarray(t.sf(norm.isf(p), freedom), dtype=np.float64)


def narrowed(alpha: float, freedom: float) -> float:
    """The inverse of `widened`: the p-value under a known dispersion that becomes `alpha`."""
    return float(norm.sf(t.isf(alpha, freedom)))
