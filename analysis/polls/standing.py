"""Where a share stands now: the smoothed level of the last week, raw and free of the house effect."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scipy.special import expit, ndtri

from analysis.polls.adjust import free_error
from analysis.polls.compare import PollError
from analysis.polls.house import FEW, HouseEffect, house_effect
from storage.records import Comparison


@dataclass(frozen=True, slots=True)
class Standing:
    """One question and stance today. Fractions; `level` is the monitor's, `adjusted` what polls would say.

    `reason` says why nothing is adjusted, or how much the adjustment rests on.
    """

    target: str
    question: str
    stance: str
    last_poll: str
    poll_share: float
    poll_ends: dt.date
    period: str
    level: float
    level_low: float
    level_high: float
    house: float | None = None
    house_polls: int = 0
    adjusted: float | None = None
    adjusted_low: float | None = None
    adjusted_high: float | None = None
    reason: str = ""


def standing(
    question: str,
    comparisons: Sequence[Comparison],
    period: str,
    level: float,
    error: float,
    *,
    confidence: float = 0.95,
    poll_error: PollError | None = None,
) -> Standing:
    """From the comparisons of one question and stance, in the order of the polls (at least one), and today's level.

    `level` and its standard error `error` are on the logit scale, `period` is where they stand. Valid while the house
    effect stays what it was at the polls: docs/methods/polls.md says what happens when it drifts.
    """
    errors = poll_error or PollError()
    quantile = -float(ndtri((1 - confidence) / 2))
    last = comparisons[-1]
    share, low, high = (float(expit(level + side * quantile * error)) for side in (0, -1, 1))
    told = (last.target, question, last.stance, last.poll, last.poll_share, last.ends, period, share, low, high)
    known = [one for one in comparisons if one.difference is not None]
    if not known:
        return Standing(*told, reason="insufficient: no poll of this question has a share of the monitor beside it")
    found = house_effect(
        [one.difference for one in known if one.difference is not None],
        [free_error(one, quantile, errors.shared_variance) for one in known],
    )
    ends = adjusted_level(share, error * share * (1 - share), found, errors, confidence)
    few = f"provisional: {found.n_polls} of at least {FEW} polls that a house effect should rest on"
    return Standing(*told, found.effect, found.n_polls, *ends, reason=few if found.provisional else "")


def adjusted_level(
    share: float, error: float, house: HouseEffect, errors: PollError, confidence: float = 0.95
) -> tuple[float, float, float]:
    """A share of the monitor less the house effect, with its interval, all in [0, 1].

    `error`: the standard error of the share. The interval contains that of the house effect, and what polls of one
    question share, since a house effect learnt from them cannot be free of it.
    """
    reach = -float(ndtri((1 - confidence) / 2)) * sqrt(error**2 + house.sd**2 + errors.shared_variance)
    at, low, high = (min(max(share - house.effect + side * reach, 0.0), 1.0) for side in (0, -1, 1))
    return at, low, high
