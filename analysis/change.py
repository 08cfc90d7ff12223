"""How sure a change between two periods is."""

from __future__ import annotations

from math import log, sqrt

from scipy.stats import norm

_EDGE = 1e-4


def probability_of_rise(
    now: tuple[float, float, float], before: tuple[float, float, float], confidence: float = 0.95
) -> float:
    """The probability that a share was higher in one period than in another, in [0, 1].

    `now`, `before`: (share, low, high), with intervals of this confidence. Both are taken as normal on the logit scale,
    with the standard error that the interval implies, and as independent. Where the same authors write in both periods
    their errors have something in common, and the probability is nearer one half than it should be. It does not
    contain the classifier's bias, which mostly cancels between neighbouring periods. ValueError where a share or bound
    lies outside [0, 1].
    """
    (later, later_error), (earlier, earlier_error) = (_on_logit_scale(*one, confidence) for one in (now, before))
    return float(norm.cdf((later - earlier) / sqrt(later_error**2 + earlier_error**2)))


def _on_logit_scale(share: float, low: float, high: float, confidence: float) -> tuple[float, float]:
    if not 0 <= low <= high <= 1 or not 0 <= share <= 1:
        raise ValueError(f"the share {share} with interval {low} to {high} does not lie in [0, 1]")
    quantile = float(norm.isf((1 - confidence) / 2))
    error = (_logit(high) - _logit(low)) / (2 * quantile)
    return _logit(share), max(error, _EDGE)


def _logit(share: float) -> float:
    inside = min(max(share, _EDGE), 1 - _EDGE)
    return log(inside / (1 - inside))
