"""The house effect: by how much this monitor stands above polls, learnt from several of them.

    difference_i = offset_s + e_i,   e_i ~ N(0, v_i), v_i known;   offset_s ~ N(0, tau²),   tau ~ half-normal

A series s is a stance toward a target; all series share tau, so a series of few polls is drawn toward none. As in
Jackman (2005), "Pooling the polls over an election campaign"; the half-normal prior is that of Gelman (2006).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import halfnorm

Floats = npt.NDArray[np.float64]
SCALE = 0.10
"""Scale of the prior on the standard deviation of house effects, as a fraction: 10 points."""
_POINTS = 40


def house_effect(
    earlier: Mapping[str, tuple[Sequence[float], Sequence[float]]], series: str, scale: float = SCALE
) -> tuple[float, float]:
    """Mean and standard deviation of one series' offset, as fractions, given differences of `earlier` polls.

    `earlier`: for each series the differences (monitor minus poll) and their standard errors, both as fractions, errors
    positive. A series without any is told from the prior and the others. Differences of several stances of one poll
    are taken as independent, which they are not. Not valid once the monitor's sources or model change.
    """
    taus = np.linspace(scale / _POINTS, 4 * scale, _POINTS)
    log_weight = halfnorm.logpdf(taus, scale=scale)
    precision, pull = np.zeros(_POINTS), np.zeros(_POINTS)
    for name, (differences, errors) in earlier.items():
        weights = 1 / np.square(np.asarray(errors, dtype=np.float64))
        total, mean = float(weights.sum()), float(weights @ np.asarray(differences, dtype=np.float64))
        if total > 0:
            log_weight = log_weight - 0.5 * np.log1p(total * taus**2) + 0.5 * mean**2 / (total + 1 / taus**2)
        if name == series:
            precision, pull = precision + total, pull + mean
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    variance = 1 / (precision + 1 / taus**2)
    means = pull * variance
    centre = float(weight @ means)
    return centre, float(np.sqrt(weight @ (variance + (means - centre) ** 2)))
