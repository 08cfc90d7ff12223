"""Probabilistic classify and count: the mean of calibrated probabilities (Bella et al. 2010)."""

from __future__ import annotations

import numpy as np

from analysis.shares.bootstrap import Floats, Resampling, ratio_shares
from analysis.shares.interval import StanceShare
from storage.records import STANCES, Among, Stance

# Expected number of authors who express a stance below which a share among them is no number.
_MIN_OPINIONATED = 1.0


def probabilistic_count(
    means: Floats, among: Among, resampling: Resampling, extra_covariance: Floats | None = None
) -> dict[Stance, StanceShare]:
    """Shares by stance from the authors' mean probabilities, shape (authors, 3) in the order of STANCES.

    Among "all": the mean over authors. Among "opinionated": the sum of p_against (p_favor) over the
    sum of p_against + p_favor; neutral has no share there. Unbiased as long as the probabilities are
    calibrated in the population at hand: a shift of wording or of prevalence breaks that.
    `extra_covariance` (3, 3) is covariance of the three means from elsewhere than the sample of authors.
    """
    if means.shape[0] < 2:
        return insufficient(among)
    if among == "all":
        extra = None if extra_covariance is None else np.diag(extra_covariance)
        told = ratio_shares(means, np.ones(means.shape[0]), resampling, extra)
        return dict(zip(STANCES, told, strict=True))
    sides = means[:, [0, 2]]
    opinion = sides.sum(axis=1)
    if opinion.sum() < _MIN_OPINIONATED:
        return insufficient(among)
    extra = None
    if extra_covariance is not None:
        against = sides[:, 0].sum() / opinion.sum()
        gradient = np.array([1 - against, 0.0, -against]) / opinion.mean()
        extra = np.full(2, gradient @ extra_covariance @ gradient)
    against_share, favor_share = ratio_shares(sides, opinion, resampling, extra)
    return {"against": against_share, "favor": favor_share}


def insufficient(among: Among) -> dict[Stance, StanceShare]:
    """No number for any stance."""
    stances: tuple[Stance, ...] = STANCES if among == "all" else ("against", "favor")
    return {stance: StanceShare.insufficient() for stance in stances}
