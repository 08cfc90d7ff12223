"""Changes between two polls of one question beside the monitor's change over the same time.

Levels of web sentiment and polls differ for reasons that nobody knows; what both have in common is when they move. The
part of both errors that stays the same (the house effect, half of a poll's non-sampling variance) drops out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import sqrt
from typing import Literal

from scipy.special import ndtr, ndtri

from analysis.polls.compare import PollError
from analysis.polls.questions import by_question
from analysis.shares.assumptions import CORRECTED
from storage.records import Comparison, Poll, PollChange


def poll_changes(
    polls: Sequence[Poll],
    comparisons: Sequence[Comparison],
    *,
    confidence: float = 0.95,
    poll_error: PollError | None = None,
) -> Iterator[PollChange]:
    """One row for each pair of successive polls of a question and stance that both compare with the monitor.

    A pair in which the monitor has no share, or one corrected by labels and one that is not, is told as insufficient
    with the reason; `question_of` says which polls are
    of one question. `poll_error` and `confidence` are those that the comparisons were made with. The interval takes the
    errors of both polls and both shares as independent.
    """
    errors = poll_error or PollError()
    quantile = -float(ndtri((1 - confidence) / 2))
    known = {(one.poll, one.stance): one for one in comparisons}
    for members in by_question(polls).values():
        for first, second in pairwise(members):
            for stance in first.shares:
                one, two = known.get((first.poll, stance)), known.get((second.poll, stance))
                if one is not None and two is not None:
                    yield _change(first, second, one, two, errors, quantile)


def _change(
    first: Poll,
    second: Poll,
    one: Comparison,
    two: Comparison,
    errors: PollError,
    quantile: float,
) -> PollChange:
    stance = one.stance
    moved = second.shares[stance] - first.shares[stance]
    lacking = one.reason if one.difference is None else two.reason if two.difference is None else ""
    if not lacking and (one.method in CORRECTED) != (two.method in CORRECTED):
        lacking = f"told by {one.method} and {two.method}: the classifier's bias does not drop out of the change"
    nothing = PollChange(
        poll=second.poll,
        earlier=first.poll,
        target=one.target,
        stance=stance,
        model=one.model,
        poll_change=moved,
        monitor_change=None,
        difference=None,
        low=None,
        high=None,
        p_above=None,
        verdict="insufficient",
        reason=lacking,
    )
    if lacking or one.monitor_share is None or two.monitor_share is None:
        return nothing
    own = two.monitor_share - one.monitor_share
    # A comparison's variance is the monitor's and the whole of the poll's; what persists drops out of a change.
    variance = sum(_variance(both, quantile) - errors.shared_variance for both in (one, two))
    spread = sqrt(max(variance, 1e-12))
    difference = own - moved
    low, high = difference - quantile * spread, difference + quantile * spread
    verdict: Literal["above", "below", "consistent"] = "above" if low > 0 else "below" if high < 0 else "consistent"
    return replace(
        nothing,
        monitor_change=own,
        difference=difference,
        low=low,
        high=high,
        p_above=float(ndtr(difference / spread)),
        verdict=verdict,
    )


def _variance(one: Comparison, quantile: float) -> float:
    """Of a difference, from its interval."""
    assert one.low is not None
    assert one.high is not None
    return float(((one.high - one.low) / (2 * quantile)) ** 2)
