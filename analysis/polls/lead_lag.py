"""Whether the monitor moves before polls do: first differences, block bootstrap, placebo targets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEAST_POLLS = 3
_MOST_WEEKS = 8
_BLOCK = 4


@dataclass(frozen=True, slots=True)
class LeadLag:
    """At which shift the monitor's changes go best with the polls'. Positive `weeks`: the monitor is ahead.

    `correlation` at that shift with its block-bootstrap interval; `p_placebo`: the part of placebo series (other
    targets, and the monitor's own in random block order) whose best correlation is at least as high. All None, with the
    reason, where there are fewer than three polls, or none of the shifts is covered by the monitor.
    """

    target: str
    stance: str
    polls: int
    weeks: int | None = None
    correlation: float | None = None
    low: float | None = None
    high: float | None = None
    p_placebo: float | None = None
    reason: str = ""


def lead_lag(
    target: str,
    stance: str,
    polls: Sequence[tuple[dt.date, float]],
    weeks: Sequence[dt.date],
    levels: Floats,
    placebos: Mapping[str, Floats],
    *,
    draws: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> LeadLag:
    """`polls`: middle of the field dates and share, in order; `weeks`: Mondays; `levels`: the monitor's smoothed share.

    `placebos`: levels of other targets over the same weeks. Between successive polls the change of the poll is set
    against the monitor's change over the same span moved by up to eight weeks. With three or four polls the correlation
    of two or three changes says next to nothing, and its interval says so.
    """
    base = LeadLag(target, stance, len(polls))
    if len(polls) < LEAST_POLLS:
        return LeadLag(target, stance, len(polls), reason=f"insufficient: {len(polls)} polls, three are needed")
    moved = np.diff([share for _, share in polls])
    if np.ptp(moved) < 1e-9:
        return LeadLag(target, stance, len(polls), reason="insufficient: all changes of the polls are the same")
    places = _places([day for day, _ in polls], weeks)
    best = _best(moved, places, levels)
    if best is None:
        reason = "insufficient: the monitor does not reach over three polls at any shift"
        return LeadLag(target, stance, len(polls), reason=reason)
    shift, correlation = best
    dice = np.random.default_rng(seed)
    shuffled = [_shuffled(levels, dice) for _ in range(draws)]
    nothing = [found for one in [*placebos.values(), *shuffled] if (found := _best(moved, places, one)) is not None]
    boot = np.array(
        [_correlation(moved[rows], places, levels, shift, rows) for rows in _resampled(moved.size, dice, draws)]
    )
    boot = boot[np.isfinite(boot)]
    tails = (1 - confidence) / 2
    low, high = (float(np.quantile(boot, q)) for q in (tails, 1 - tails)) if boot.size >= draws // 4 else (-1.0, 1.0)
    return LeadLag(
        base.target, base.stance, base.polls, shift, correlation, low, high,
        float(np.mean([other >= correlation for _, other in nothing])) if nothing else None,
    )  # fmt: skip


def _places(days: Sequence[dt.date], weeks: Sequence[dt.date]) -> npt.NDArray[np.int64]:
    """Which week each day is in; counted on beyond the ends."""
    first = weeks[0]
    return np.array([(day - first).days // 7 for day in days], dtype=np.int64)


def _best(moved: Floats, places: npt.NDArray[np.int64], levels: Floats) -> tuple[int, float] | None:
    rows = np.arange(moved.size)
    found = [
        (shift, _correlation(moved, places, levels, shift, rows)) for shift in range(-_MOST_WEEKS, _MOST_WEEKS + 1)
    ]
    usable = [(shift, value) for shift, value in found if np.isfinite(value)]
    return max(usable, key=lambda one: (one[1], -abs(one[0]))) if usable else None


def _correlation(
    moved: Floats, places: npt.NDArray[np.int64], levels: Floats, shift: int, rows: npt.NDArray[np.int64]
) -> float:
    """Of the polls' changes and the monitor's, `shift` weeks before; NaN where fewer than two spans are covered."""
    at = places - shift
    inside = (at >= 0) & (at < levels.size)
    values = np.where(inside, levels[np.clip(at, 0, levels.size - 1)], np.nan)
    own = np.diff(values)[rows]
    both = np.isfinite(own)
    if both.sum() < 2 or np.ptp(own[both]) < 1e-12 or np.ptp(moved[both]) < 1e-12:
        return float("nan")
    return float(np.corrcoef(own[both], moved[both])[0, 1])


def _shuffled(levels: Floats, dice: np.random.Generator) -> Floats:
    """A level whose changes are the same in another order, block by block: same roughness, no timing."""
    steps = np.diff(levels)
    blocks = [steps[start : start + _BLOCK] for start in range(0, steps.size, _BLOCK)]
    order = dice.permutation(len(blocks))
    return np.concatenate([[levels[0]], levels[0] + np.cumsum(np.concatenate([blocks[i] for i in order]))])


def _resampled(size: int, dice: np.random.Generator, draws: int) -> Sequence[npt.NDArray[np.int64]]:
    """Pairs of changes drawn in blocks of two neighbours, since changes that share a poll go together."""
    starts = dice.integers(0, size, (draws, -(-size // 2)))
    return [np.concatenate([[one, (one + 1) % size] for one in row])[:size] for row in starts]
