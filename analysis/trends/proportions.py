"""The local level of shares: what a share in [0, 1] of some number of people says of a level on the logit scale.

A logit with its delta-method variance misleads where shares are small: a week that shows nobody has no logit, and weeks
that happen to be high claim to be the more precise ones (a true 3% of 60 people reads as 4.4%). The level is therefore
the mode of the binomial model, found by smoothing the working response of its linearisation around the level so far
(Durbin & Koopman 2012, chapter 10; Fahrmeir & Tutz 2001, chapter 8).
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from analysis.trends.averaging import Level, local_level
from analysis.trends.local_level import Floats, maximum_likelihood

_ROUNDS = 3


def level_of_shares(share: Floats, n: Floats, scale: float) -> tuple[Level, Floats]:
    """The level (logits) of shares (T, S) seen among `n` > 0 effective people each, NaN where there is no share.

    Beside it the standard deviation (S,) of one period's change by maximum likelihood, in logits; NaN for a series with
    fewer than two shares. Three rounds move the level by less than its error's hundredth, jumps included, unless a
    series is 0 or 1 throughout: its level then goes on away from the middle, and the rounds are where it ends.
    """
    seen = np.isfinite(share)
    size = np.where(seen, n, 1.0)
    yes, no = share * size + 0.5, (1 - share) * size + 0.5
    y, noise = np.log(yes) - np.log(no), np.where(seen, 1 / yes + 1 / no, 1.0)
    for _ in range(_ROUNDS):
        level = local_level(y, noise, scale)
        expected = expit(level.mean)
        information = np.where(seen, expected * (1 - expected), 1.0)
        y, noise = level.mean + (share - expected) / information, 1 / (size * information)
    return local_level(y, noise, scale), np.sqrt(maximum_likelihood(y, noise))
