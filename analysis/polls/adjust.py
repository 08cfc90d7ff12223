"""Each comparison with the house effect of the polls before it: the level adjusted, and what is left to explain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import sqrt

from scipy.special import ndtri

from analysis.polls.compare import PollError
from analysis.polls.house import FEW, earlier, house_effect
from analysis.polls.questions import Question
from storage.records import Comparison


def adjusted(
    comparisons: Sequence[Comparison],
    confidence: float = 0.95,
    questions: Mapping[str, Question] | None = None,
    poll_error: PollError | None = None,
) -> Iterator[Comparison]:
    """The same comparisons, those with a difference completed by house, house_low, house_high, house_polls,
    adjusted_share, adjusted_difference, adjusted_low and adjusted_high.

    Only polls whose field dates were over before those of the poll at hand began count, so that nothing is adjusted by
    what it is compared with; `questions` says what each poll asks, and only polls of the same question count (left out,
    all polls of the target are of one). Shares that labels correct are kept apart from others. `poll_error` and
    `confidence`: those that the comparisons were made with. The error that polls of a question share is in the house
    effect and in the poll at hand alike, and drops out. Without an earlier poll nothing is adjusted, and the reason
    says so; below three it says that the effect is provisional.
    """
    quantile = -float(ndtri((1 - confidence) / 2))
    shared = (poll_error or PollError()).shared_variance
    for one in comparisons:
        before = earlier(comparisons, one, questions)
        if one.difference is None or one.monitor_share is None or not before:
            lacks = "no earlier poll of this question with a share told alike: no house effect, not adjusted"
            yield replace(one, house_polls=len(before), reason=_also(one, lacks if one.difference is not None else ""))
            continue
        assert one.low is not None
        assert one.high is not None
        found = house_effect(
            [other.difference for other in before if other.difference is not None],
            [free_error(other, quantile, shared) for other in before],
        )
        low, high = found.interval(confidence)
        left = one.difference - found.effect
        reach = quantile * sqrt(free_error(one, quantile, shared) ** 2 + found.sd**2)
        few = (
            f"house effect provisional: earlier polls {found.n_polls}, below {FEW} its prior decides as much as they do"
        )
        yield replace(
            one,
            reason=_also(one, few if found.provisional else ""),
            house=found.effect,
            house_low=low,
            house_high=high,
            house_polls=found.n_polls,
            adjusted_share=min(max(one.monitor_share - found.effect, 0.0), 1.0),
            adjusted_difference=left,
            adjusted_low=left - reach,
            adjusted_high=left + reach,
        )


def _also(one: Comparison, reason: str) -> str:
    return "; ".join(part for part in (one.reason, reason) if part)


def free_error(one: Comparison, quantile: float, shared: float) -> float:
    """The standard error of a difference, from its interval, without the variance that polls of a question share."""
    assert one.low is not None
    assert one.high is not None
    return sqrt(max(((one.high - one.low) / (2 * quantile)) ** 2 - shared, 1e-8))
