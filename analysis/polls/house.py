"""The house effect: by how much this monitor's level differs from polls, learnt from earlier polls alone.

A normal hierarchy as in pooling the polls (Jackman 2005): the difference at poll i is
delta_i ~ N(effect, wander^2), seen with the errors of both; effect ~ N(0, 0.10^2), wander half-normal(0.03) on a grid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import ndtri

from analysis.polls.questions import Question
from analysis.shares.assumptions import CORRECTED
from storage.records import Comparison

PRIOR_SD = 0.10
"""Before any poll: a monitor of the web may be ten points off either way, and twenty would not astonish anybody."""
WANDER_SCALE = 0.03
_WANDERS = np.linspace(0.002, 0.12, 40)
FEW = 3
"""With fewer earlier polls the prior decides as much as they do: the effect is told as provisional."""


@dataclass(frozen=True, slots=True)
class HouseEffect:
    """The offset of the monitor against polls, a fraction; `sd` contains what the next poll's own offset adds."""

    effect: float
    sd: float
    n_polls: int

    @property
    def provisional(self) -> bool:
        """Whether it rests on fewer than three polls."""
        return self.n_polls < FEW

    def interval(self, confidence: float) -> tuple[float, float]:
        """Where the offset at the next poll lies with this probability."""
        reach = -float(ndtri((1 - confidence) / 2)) * self.sd
        return self.effect - reach, self.effect + reach


def house_effect(differences: Sequence[float], errors: Sequence[float]) -> HouseEffect:
    """From the differences (monitor minus poll, fractions) at earlier polls and their standard errors (all above 0).

    Without any poll it is the prior: 0 with a standard deviation of ten points. It is not valid across a change of
    model, of sources, or of the question.
    """
    d, e = np.asarray(differences, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if d.shape != e.shape or (e <= 0).any():
        raise ValueError("differences and their standard errors: as many of each, and errors above 0")
    variance = e[None, :] ** 2 + _WANDERS[:, None] ** 2
    precision = PRIOR_SD**-2 + (1 / variance).sum(axis=1)
    mean = (d / variance).sum(axis=1) / precision
    # The likelihood of each wander with the effect integrated out, up to a constant.
    log_weight = (
        -0.5 * np.log(variance).sum(axis=1)
        - 0.5 * np.log(precision)
        - 0.5 * (d**2 / variance).sum(axis=1)
        + 0.5 * mean**2 * precision
        - 0.5 * (_WANDERS / WANDER_SCALE) ** 2
    )
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    effect = float(weight @ mean)
    spread = 1 / precision + _WANDERS**2 + (mean - effect) ** 2
    return HouseEffect(effect, sqrt(float(weight @ spread)), d.size)


def earlier(
    comparisons: Sequence[Comparison], one: Comparison, questions: Mapping[str, Question] | None = None
) -> list[Comparison]:
    """The comparisons of the same question, stance and model with a difference, of polls over before `one` began.

    The classifier's bias is part of the offset of a share without labels: it says nothing of a share that they correct.
    """

    def key(comparison: Comparison) -> tuple[object, ...]:
        asked = (questions or {}).get(comparison.poll)
        corrected = comparison.method in CORRECTED
        return comparison.target, comparison.stance, comparison.model, comparison.narrative, asked, corrected

    return [
        other
        for other in comparisons
        if key(other) == key(one)
        and other.ends < one.starts
        and other.difference is not None
        and other.low is not None
        and other.high is not None
    ]
