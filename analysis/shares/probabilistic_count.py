"""Probabilistic classify and count: the mean of calibrated probabilities (Bella et al. 2010)."""

from __future__ import annotations

import numpy as np

from analysis.shares.bootstrap import Floats, Resampling, ratio_shares
from analysis.shares.interval import StanceShare
from storage.records import STANCES, Among, Stance

# Expected number of authors who express a stance below which a share among them is no number.
MIN_OPINIONATED = 1.0


def probabilistic_count(
    means: Floats,
    among: Among,
    resampling: Resampling,
    weights: Floats | None = None,
) -> dict[Stance, StanceShare]:
    """Shares by stance from the authors' mean probabilities, shape (authors, 3) in the order of STANCES.

    Among "all": the mean over authors. Among "opinionated": the sum of p_against (p_favor) over the
    sum of p_against + p_favor; neutral has no share there. Unbiased as long as the probabilities are
    calibrated in the population at hand: a shift of wording or of prevalence breaks that.
    `weights` (authors,), 1 each where left out.
    """
    if means.shape[0] < 2:
        return insufficient(among)
    if weights is None:
        weights = np.ones(means.shape[0])
    means = means * weights[:, None]
    if among == "all":
        return dict(zip(STANCES, ratio_shares(means, weights, resampling), strict=True))
    sides = means[:, [0, 2]]
    opinion = sides.sum(axis=1)
    if opinion.sum() < MIN_OPINIONATED:
        return insufficient(among)
    against_share, favor_share = ratio_shares(sides, opinion, resampling)
    return {"against": against_share, "favor": favor_share}


def insufficient(among: Among) -> dict[Stance, StanceShare]:
    """No number for any stance."""
    stances: tuple[Stance, ...] = STANCES if among == "all" else ("against", "favor")
    return {stance: StanceShare.insufficient() for stance in stances}
