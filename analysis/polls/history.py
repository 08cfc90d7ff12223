"""What a comparison says in the light of the polls before it: equivalence, house effect, change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from scipy.stats import norm

from analysis.polls.house import house_effect
from storage.records import Comparison

EQUIVALENT = 0.05
"""Within this difference, as a fraction, the monitor and a poll count as equivalent."""
FEWEST_POLLS = 3
"""With fewer earlier polls no house effect is told."""


def with_history(comparisons: Iterable[Comparison], confidence: float = 0.95) -> list[Comparison]:
    """The comparisons in the order given, with equivalence, house effect and change; those without a difference as
    they are.

    A poll is earlier where its field dates ended before those of the other began; no later poll says anything about
    one. All comparisons are of one model, with intervals at `confidence`.
    """
    results = list(comparisons)
    told = [one for one in results if one.difference is not None]
    quantile = float(norm.isf((1 - confidence) / 2))
    return [one if one.difference is None else _in_its_light(one, told, quantile) for one in results]


def standard_error(one: Comparison, quantile: float) -> float:
    """Of the difference; an interval cut off at -1 or 1 is read from its other side."""
    assert one.difference is not None
    assert one.low is not None
    assert one.high is not None
    return max(one.high - one.difference, one.difference - one.low) / quantile


def _in_its_light(one: Comparison, told: list[Comparison], quantile: float) -> Comparison:
    assert one.difference is not None
    error = standard_error(one, quantile)
    inside = norm.cdf((EQUIVALENT - one.difference) / error) - norm.cdf((-EQUIVALENT - one.difference) / error)
    earlier = [other for other in told if other.ends < one.starts]
    house, no_house = _house(one, earlier, quantile)
    change, no_change = _change(one, earlier, error, quantile)
    note = "; ".join(part for part in (no_house, no_change) if part)
    return replace(one, p_equivalent=float(inside), note=note, **house, **change)


def _house(one: Comparison, earlier: list[Comparison], quantile: float) -> tuple[dict[str, Any], str]:
    own = [other for other in earlier if _series(other) == _series(one)]
    if len(own) < FEWEST_POLLS:
        reason = f"house effect insufficient: {len(own)} earlier polls of this stance, {FEWEST_POLLS} are needed"
        return {"n_earlier": len(own)}, reason
    groups: dict[str, tuple[list[float], list[float]]] = {}
    for other in earlier:
        differences, errors = groups.setdefault(_series(other), ([], []))
        assert other.difference is not None
        differences.append(other.difference)
        errors.append(standard_error(other, quantile))
    mean, sd = house_effect(groups, _series(one))
    assert one.monitor_share is not None
    # The difference's error holds the poll's too: the interval is for what a poll like this one would show.
    spread = quantile * (sd**2 + standard_error(one, quantile) ** 2) ** 0.5
    adjusted = one.monitor_share - mean
    return {
        "n_earlier": len(own),
        "house": mean,
        "house_low": mean - quantile * sd,
        "house_high": mean + quantile * sd,
        "adjusted": min(max(adjusted, 0.0), 1.0),
        "adjusted_low": max(adjusted - spread, 0.0),
        "adjusted_high": min(adjusted + spread, 1.0),
    }, ""


def _change(one: Comparison, earlier: list[Comparison], error: float, quantile: float) -> tuple[dict[str, Any], str]:
    """The monitor's change minus the poll's since the latest earlier poll; errors of both are added, none cancels."""
    own = [other for other in earlier if _series(other) == _series(one)]
    if not own:
        return {}, "change insufficient: no earlier poll of this stance that could be compared"
    before = max(own, key=lambda other: (other.ends, other.starts, other.poll))
    assert one.difference is not None
    assert before.difference is not None
    change = one.difference - before.difference
    margin = quantile * (error**2 + standard_error(before, quantile) ** 2) ** 0.5
    return {
        "changed_since": before.poll,
        "change": change,
        "change_low": max(change - margin, -2.0),
        "change_high": min(change + margin, 2.0),
    }, ""


def _series(one: Comparison) -> str:
    return f"{one.target}/{one.stance}"
