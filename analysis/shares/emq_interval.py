"""Intervals of EMQ where little is known: around a solution that a few imagined authors keep away from the ends.

At a share of 0 or 1 nothing is left that could be resampled. As Agresti and Coull (1998) do for a proportion, two
authors of each stance are added, and the interval is drawn around that solution with the standard error there. The
error is in part that of a proportion (skewed) and in part that of telling the stances apart (symmetric): the wider of
the logit and the plain interval is taken on each side.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit, stdtrit

from analysis.shares.authors import Authors, Floats
from analysis.shares.calibration_sample import Likelihood
from analysis.shares.emq_solution import moved
from storage.records import Among

_ADDED = 2.0


def added_interval(
    authors: Authors, likelihood: Likelihood, shares: Floats, among: Among, stance: int, confidence: float
) -> tuple[float, float]:
    """Low and high, in [0, 1], for the share of `stance` (an index of STANCES), given EMQ's `shares` (3,) of all."""
    n = authors.size
    held = (n * shares + _ADDED) / (n + 3 * _ADDED)
    base = np.ones(3) if among == "all" else np.array([1.0, 0.0, 1.0])
    centre = float(held[stance] / (held @ base))
    influence, gain = moved(authors, likelihood.of(authors.posts), held, likelihood)
    direction = (np.eye(3)[stance] - centre * base) / (held @ base)
    values = authors.parts * (influence @ direction)
    values = values - authors.parts * values.sum()
    beside = likelihood.influence @ (direction @ gain)
    error = float(np.sqrt(values @ values * n / (n - 1) + beside @ beside))
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * error
    point = float(shares[stance] / (shares @ base))
    scale = half / (centre * (1 - centre))
    low = min(centre - half, float(expit(logit(centre) - scale)), point)
    high = max(centre + half, float(expit(logit(centre) + scale)), point)
    return max(0.0, low), min(1.0, high)
