"""A share with its interval, and the small-sample intervals of a proportion."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from scipy.special import expit, logit, ndtri, stdtrit


@dataclass(frozen=True, slots=True)
class StanceShare:
    """The share of one stance in [0, 1] with its interval; all None where there is too little to tell.

    `standard_error` is that of the share itself, before any transformation. `answers`: how many effective answers it
    rests on at most, where that is fewer than the authors.
    """

    share: float | None
    low: float | None
    high: float | None
    standard_error: float | None = None
    answers: float | None = None

    def __post_init__(self) -> None:
        """Rounding on the logit scale never leaves the share outside of its own interval."""
        if self.share is not None and self.low is not None and self.high is not None:
            object.__setattr__(self, "low", min(self.low, self.share))
            object.__setattr__(self, "high", max(self.high, self.share))

    @classmethod
    def insufficient(cls) -> StanceShare:
        """No number: too few authors, or nobody who expresses a stance."""
        return cls(None, None, None, None)


def wilson(share: float, n: float, confidence: float) -> tuple[float, float]:
    """Wilson's (1927) score interval of a proportion from `n` > 0 independent authors.

    It never has zero width, and stays inside [0, 1].
    """
    quantile = float(ndtri((1 + confidence) / 2))
    return score_interval(share, n, quantile)


def score_interval(share: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's interval for any quantile (a Student quantile where the standard error is itself estimated)."""
    square = quantile**2 / n
    centre = (share + square / 2) / (1 + square)
    half = sqrt(max(share * (1 - share) * square + square**2 / 4, 0.0)) / (1 + square)
    return max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))


def student_logit(
    share: float,
    error: float,
    clusters: int,
    confidence: float,
    *,
    effective: float | None = None,
    freedom: float | None = None,
) -> StanceShare:
    """Student's interval on the logit scale; Wilson's where the share or its error is at an end.

    `effective`: how many independent answers the share has at most where all agree; the clusters where left out.
    `freedom`: degrees of freedom of the error; clusters - 1 where left out.
    """
    quantile = float(stdtrit(freedom or clusters - 1, (1 + confidence) / 2))
    spread = share * (1 - share)
    if spread <= 0 or error**2 * clusters < 1e-9 * spread:
        return StanceShare(share, *score_interval(share, effective or clusters, quantile), error, effective)
    if error / spread > 0.5:
        return StanceShare(share, *score_interval(share, spread / error**2, quantile), error)
    half = quantile * error / spread
    return StanceShare(share, float(expit(logit(share) - half)), float(expit(logit(share) + half)), error)
