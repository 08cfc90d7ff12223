"""Each comparison with the house effect of the polls before it: the level adjusted, and what is left to explain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import sqrt

from scipy.stats import norm

from analysis.polls.house import earlier, house_effect
from storage.records import Comparison


def adjusted(comparisons: Sequence[Comparison], confidence: float = 0.95) -> Iterator[Comparison]:
    """The same comparisons, those with a difference completed by house, house_low, house_high, house_polls,
    adjusted_share, adjusted_difference, adjusted_low and adjusted_high.

    Only polls whose field dates were over before those of the poll at hand began count, so that nothing is adjusted by
    what it is compared with. Without an earlier poll nothing is adjusted.
    """
    quantile = float(norm.isf((1 - confidence) / 2))
    for one in comparisons:
        before = earlier(comparisons, one)
        if one.difference is None or one.monitor_share is None or not before:
            yield replace(one, house_polls=len(before))
            continue
        assert one.low is not None
        assert one.high is not None
        found = house_effect(
            [other.difference for other in before if other.difference is not None],
            [_error(other, quantile) for other in before],
        )
        low, high = found.interval(confidence)
        left = one.difference - found.effect
        reach = quantile * sqrt(_error(one, quantile) ** 2 + found.sd**2)
        yield replace(
            one,
            house=found.effect,
            house_low=low,
            house_high=high,
            house_polls=found.n_polls,
            adjusted_share=min(max(one.monitor_share - found.effect, 0.0), 1.0),
            adjusted_difference=left,
            adjusted_low=left - reach,
            adjusted_high=left + reach,
        )


def _error(one: Comparison, quantile: float) -> float:
    """The standard error of a difference, from its interval."""
    assert one.low is not None
    assert one.high is not None
    return max((one.high - one.low) / (2 * quantile), 1e-6)
