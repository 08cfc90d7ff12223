"""Whether the monitor moves before polls do: first differences, block bootstrap, placebo targets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
LEAST_POLLS = 3
LEAST_CHANGES = 4
"""With fewer changes a bootstrap has nothing to draw from, and every interval is as wide as can be."""
MOST_WEEKS = 8
_SHIFTS = np.array(sorted(range(-MOST_WEEKS, MOST_WEEKS + 1), key=abs))
_BLOCK = 4
_COVERED = 0.75


@dataclass(frozen=True, slots=True)
class LeadLag:
    """At which shift the monitor's changes go best with the polls'. Positive `weeks`: the monitor is ahead.

    `weeks_low`, `weeks_high` and `low`, `high`: block-bootstrap intervals of the shift and of the correlation at the
    best one; `p_placebo`: how probable so high a correlation at any shift is where nothing is going on, from other
    targets and the monitor's own changes in random block order. `reason` says in words what follows, or what is
    lacking; then all figures are None.
    """

    target: str
    stance: str
    polls: int
    weeks: int | None = None
    weeks_low: int | None = None
    weeks_high: int | None = None
    correlation: float | None = None
    low: float | None = None
    high: float | None = None
    p_placebo: float | None = None
    reason: str = ""
    question: str = ""


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
    question: str = "",
) -> LeadLag:
    """`polls`: middle of the field dates and share, in order; `weeks`: Mondays; `levels`: the monitor's smoothed share.

    `placebos`: levels of other targets over the same weeks. Between successive polls the change of the poll is set
    against the monitor's change over the same span moved by up to eight weeks. The correlation is that of changes about
    zero (they are not centred: two changes would always correlate perfectly). Insufficient below three polls.
    """
    base = LeadLag(target, stance, len(polls), question=question)
    if len(polls) < LEAST_POLLS:
        return replace(base, reason=f"insufficient: polls {len(polls)}, three are needed")
    moved = np.diff([share for _, share in polls])
    if not moved.any():
        return replace(base, reason="insufficient: the polls do not change")
    places = np.array([(day - weeks[0]).days // 7 for day, _ in polls], dtype=np.int64)
    own = _changes(levels, places)
    correlations = _correlations(own, moved)
    if np.isnan(correlations).all():
        return replace(base, reason="insufficient: the monitor does not reach over three polls at any shift")
    best = int(np.nanargmax(correlations))
    found = replace(base, weeks=int(_SHIFTS[best]), correlation=float(correlations[best]))
    dice = np.random.default_rng(seed)
    found = _with_interval(found, own, moved, best, dice, draws, confidence)
    nothing = _highest(levels, placebos, places, moved, dice, draws)
    p = float((1 + (nothing >= correlations[best]).sum()) / (1 + nothing.size))
    return replace(found, p_placebo=p, reason=_words(found, p, 1 - confidence))


def _changes(levels: Floats, places: Places) -> Floats:
    """The monitor's changes over the spans between polls, (…, shifts, spans); NaN where a span is not covered."""
    at = places - _SHIFTS[:, None]
    inside = (at >= 0) & (at < levels.shape[-1])
    values = np.where(inside, levels[..., np.clip(at, 0, levels.shape[-1] - 1)], np.nan)
    return np.asarray(np.diff(values, axis=-1))


def _correlations(own: Floats, moved: Floats) -> Floats:
    """About zero, (…, shifts); NaN where fewer than two spans, or much fewer than elsewhere, are covered."""
    both = np.isfinite(own)
    ours, theirs = np.where(both, own, 0.0), np.where(both, moved, 0.0)
    size = np.sqrt((ours**2).sum(axis=-1) * (theirs**2).sum(axis=-1))
    many = both.sum(axis=-1)
    usable = (many >= 2) & (many >= _COVERED * many.max(axis=-1, keepdims=True)) & (size > 1e-12)
    found = np.divide((ours * theirs).sum(axis=-1), size, out=np.full(size.shape, np.nan), where=usable)
    return np.asarray(found)


def _with_interval(
    found: LeadLag, own: Floats, moved: Floats, best: int, dice: np.random.Generator, draws: int, confidence: float
) -> LeadLag:
    """Changes drawn in blocks of two neighbours, since changes that share a poll go together."""
    if moved.size < LEAST_CHANGES:
        return replace(found, weeks_low=-MOST_WEEKS, weeks_high=MOST_WEEKS, low=-1.0, high=1.0)
    starts = dice.integers(0, moved.size, (draws, -(-moved.size // 2)))
    rows = np.stack([starts, (starts + 1) % moved.size], axis=-1).reshape(draws, -1)[:, : moved.size]
    drawn = _correlations(np.moveaxis(own[:, rows], 0, 1), moved[rows][:, None, :])
    shifts = _SHIFTS[np.where(np.isnan(drawn), -np.inf, drawn).argmax(axis=1)]
    there = drawn[:, best][np.isfinite(drawn[:, best])]
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    early, late = np.quantile(shifts, tails, method="inverted_cdf")
    low, high = np.quantile(there, tails) if there.size else (-1.0, 1.0)
    return replace(found, weeks_low=int(early), weeks_high=int(late), low=float(low), high=float(high))


def _highest(
    levels: Floats,
    placebos: Mapping[str, Floats],
    places: Places,
    moved: Floats,
    dice: np.random.Generator,
    draws: int,
) -> Floats:
    """The highest correlation at any shift of each placebo: other targets, and the monitor in random block order."""
    others = np.stack([*placebos.values(), *(_shuffled(levels, dice) for _ in range(draws))])
    found = _correlations(_changes(others, places), moved)
    highest = np.where(np.isnan(found), -np.inf, found).max(axis=1)
    return np.asarray(highest[np.isfinite(highest)])


def _shuffled(levels: Floats, dice: np.random.Generator) -> Floats:
    """A level whose changes are the same in another order and direction, block by block: same roughness, no timing."""
    known = np.flatnonzero(np.isfinite(levels))
    steps = np.diff(levels[known[0] : known[-1] + 1])
    blocks = np.array_split(steps, max(1, steps.size // _BLOCK))
    order, sides = dice.permutation(len(blocks)), dice.choice([-1.0, 1.0], len(blocks))
    walk = np.cumsum(np.concatenate([blocks[at] * side for at, side in zip(order, sides, strict=True)]))
    told = levels.copy()
    told[known[0] + 1 : known[-1] + 1] = levels[known[0]] + walk
    return told


def _words(found: LeadLag, p: float, level: float) -> str:
    assert found.weeks is not None
    assert found.weeks_low is not None
    assert found.weeks_high is not None
    few = found.polls - 1 < LEAST_CHANGES
    told = f"only {found.polls - 1} changes; " if few else ""
    if p > level:
        return f"{told}neither lead nor lag can be told: placebos do as well (p {p:.2f})"
    if found.weeks_low <= 0 <= found.weeks_high:
        return f"{told}both move together; who is first cannot be told"
    return f"{told}the monitor moves {'before' if found.weeks > 0 else 'after'} the polls"
