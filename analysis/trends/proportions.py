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


def level_of_shares(share: Floats, n: Floats, scale: float) -> Level:
    """The level (logits) of shares (T, S) seen among `n` > 0 effective people each, NaN where there is no share.

    `scale` is that of the prior on one period's change. Three rounds move the level by less than its error's hundredth,
    jumps included, unless a series is 0 or 1 throughout: its level then goes on away from the middle, and the rounds
    are where it ends.
    """
    size = np.where(np.isfinite(share), n, 1.0)
    yes, no = share * size + 0.5, (1 - share) * size + 0.5
    level = local_level(np.log(yes) - np.log(no), np.where(np.isfinite(share), 1 / yes + 1 / no, 1.0), scale)
    for _ in range(_ROUNDS):
        level = local_level(*_working_response(level, share, size), scale)
    return level


def most_likely_step(level: Level, share: Floats, n: Floats) -> Floats:
    """The standard deviation (S,) of one period's change in logits by maximum likelihood, around a level of the shares.

    NaN for a series with fewer than two shares. Often 0 where periods are few and noisy; the level does not rest on it.
    """
    return np.sqrt(maximum_likelihood(*_working_response(level, share, np.where(np.isfinite(share), n, 1.0))))


def _working_response(level: Level, share: Floats, size: Floats) -> tuple[Floats, Floats]:
    """What the shares say of the logit near the level, NaN where there is no share, and its variance."""
    expected = expit(level.mean)
    information = np.where(np.isfinite(share), expected * (1 - expected), 1.0)
    return level.mean + (share - expected) / information, 1 / (size * information)
