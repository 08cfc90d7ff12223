"""A share with its interval, and the small-sample intervals of a proportion."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from scipy.stats import norm


@dataclass(frozen=True, slots=True)
class StanceShare:
    """The share of one stance in [0, 1] with its interval; all None where there is too little to tell.

    `standard_error` is that of the share itself, before any transformation.
    """

    share: float | None
    low: float | None
    high: float | None
    standard_error: float | None = None

    @classmethod
    def insufficient(cls) -> StanceShare:
        """No number: too few authors, or nobody who expresses a stance."""
        return cls(None, None, None, None)


def wilson(share: float, n: float, confidence: float) -> tuple[float, float]:
    """Wilson's (1927) score interval of a proportion from `n` > 0 independent authors.

    It never has zero width, and stays inside [0, 1].
    """
    quantile = float(norm.isf((1 - confidence) / 2))
    return score_interval(share, n, quantile)


def score_interval(share: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's interval for any quantile (a Student quantile where the standard error is itself estimated)."""
    square = quantile**2 / n
    centre = (share + square / 2) / (1 + square)
    half = sqrt(max(share * (1 - share) * square + square**2 / 4, 0.0)) / (1 + square)
    return max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))
