"""Spikes in hourly and finer counts: at several scales at once, against the tail of the series' own last two weeks.

Peaks over threshold (Pickands 1975; for streams Siffer et al. 2017, with an exponential tail on the log scale), and
the geometric mean over scales (Vovk & Wang 2020). docs/methods/spikes.md has the formulas and what was tried.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.spikes.bounds import Bounds
from analysis.spikes.counts import DAY, Counts, Floats
from analysis.spikes.tails import ExceedanceTail

_SCALES_SECONDS = (300, 900, 1800, 3600, 10_800, 21_600)
_MEMORY_DAYS = 14
_BLOCKS_IN_MEMORY = 56
_LEAST_HISTORY = 200
_LEAST_EXCEEDANCES = 30
_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """`threshold`: the score of an alarm, in powers of ten of the tail. `quantile`: where the tail begins.
    `alpha`: in place of the threshold, the p-value of an alarm.

    In steps, None for what suits the length of a step: `scales` (windows, as "1,3,6"), `memory` (how far back the
    tail is learnt; two weeks), `refractory` (no second alarm within; one day). `tail`: "up" for rises; "both" also for
    falls and jumps. `offset`: counts relative to the total; None where the series has one and is dated.
    """

    threshold: float = 2.2
    alpha: float | None = None
    quantile: float = 0.99
    scales: str | None = None
    memory: int | None = None
    refractory: int | None = None
    tail: Literal["up", "both"] = "up"
    offset: bool | None = None

    def __post_init__(self) -> None:
        if not 0.5 <= self.quantile < 1:
            raise ValueError(f"quantile={self.quantile}: at least 0.5, below 1")
        if self.tail not in ("up", "both"):
            raise ValueError(f"tail={self.tail!r}: allowed are up and both")
        if (self.memory is not None and self.memory < 2) or (self.refractory is not None and self.refractory < 0):
            raise ValueError("memory is at least 2 steps, refractory at least 0")
        if self.alpha is not None and not 0 < self.alpha < 1:
            raise ValueError(f"alpha={self.alpha}: it lies between 0 and 1")
        if self.scales is not None:
            windows(self.scales)

    @property
    def limit(self) -> float:
        """The score from which on a step is an alarm."""
        return self.threshold if self.alpha is None else float(np.log10(math.e / self.alpha))


@dataclass(frozen=True, slots=True)
class Grain:
    """The options in steps, for a series whose steps have a certain length."""

    scales: tuple[int, ...]
    memory: int
    refractory: int

    @property
    def block(self) -> int:
        """How many steps are judged by one estimate of the tail."""
        return max(1, self.memory // _BLOCKS_IN_MEMORY)

    @property
    def least(self) -> int:
        """Steps of history without which nothing is said."""
        return min(_LEAST_HISTORY, self.memory // 2)


def windows(text: str) -> tuple[int, ...]:
    """Window lengths from "1,3,6"; ValueError where one is not a whole number above 0."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() and int(part) > 0 for part in parts):
        raise ValueError(f"scales={text!r}: whole numbers of steps with commas between, as 1,3,6")
    return tuple(sorted({int(part) for part in parts}))


def grain(step_seconds: float | None, options: StreamOptions) -> Grain:
    """What the options mean for steps of this length; five minutes where it is not known."""
    step = step_seconds or _SCALES_SECONDS[0]
    usual = sorted({max(1, round(seconds / step)) for seconds in _SCALES_SECONDS})
    memory = options.memory if options.memory is not None else max(60, round(_MEMORY_DAYS * DAY / step))
    refractory = options.refractory if options.refractory is not None else max(1, round(DAY / step))
    return Grain(windows(options.scales) if options.scales else tuple(usual), memory, refractory)


def stream(counts: Counts, options: StreamOptions) -> Bounds:
    """Expected count, upper bound, score and alarm of every step; NaN before about 200 steps of history.

    For each scale w the sum of the last w steps is placed in the tail of the same sums over the memory; the score is
    the mean of -log10 of these tail chances, so that a short violent spike and a long moderate one both count. An
    alarm is a score of at least `threshold`, and none follows within the refractory period. `expected` is the median
    count of the memory; `upper` the count of this step at which the score would reach the threshold. `p_value` is
    e 10^-score, valid for scales that depend on each other in any way, though not for a series with a trend.

    It uses nothing later than the step itself. It learns no daily cycle: a regular peak is in the tail that it has to
    exceed, and an anomaly at night that stays below the daily peak is not seen.
    """
    size = grain(counts.step_seconds, options)
    ratio = _ratio(counts, options)
    up = [_Scale(counts.count * ratio, window, size, options.quantile) for window in size.scales]
    score = _mean([scale.score(scale.level) for scale in up])
    judged = score if options.tail == "up" else _both(counts.count * ratio, score, size, options.quantile)
    return Bounds(
        expected=_median(counts.count * ratio, size) / ratio,
        upper=_upper(up, options.limit) / ratio,
        score=judged,
        p_value=np.minimum(math.e * 10.0**-judged, 1.0),
        alarm=refractory(judged >= options.limit, size.refractory),
    )


def refractory(above: npt.NDArray[np.bool_], steps: int) -> npt.NDArray[np.bool_]:
    """The first of the steps `above`, and each that comes at least `steps` after the last one kept."""
    kept = np.zeros_like(above)
    free = 0
    for place in np.flatnonzero(above):
        if place >= free:
            kept[place] = True
            free = int(place) + max(steps, 1)
    return kept


class _Scale:
    """The sums over one window, and for each block of steps the tail of those in memory before it."""

    def __init__(self, count: Floats, window: int, size: Grain, quantile: float, change: bool = False) -> None:
        self.window, self.size = window, size
        self.sums = _sums(count, window)
        self.before = self.sums - np.nan_to_num(count)
        self.level = np.arcsinh(self.sums)
        if change:
            self.level = np.abs(_lagged(self.level, window))
        self.tails = [self._tail(start, quantile) for start in range(0, count.size, size.block)]

    def _tail(self, start: int, quantile: float) -> ExceedanceTail | None:
        past = self.level[max(0, start - self.size.memory) : start]
        past = past[~np.isnan(past)]
        if past.size < self.size.least:
            return None
        return ExceedanceTail(past, min(quantile, 1 - _LEAST_EXCEEDANCES / past.size))

    def score(self, level: Floats, sign: float = 1.0) -> Floats:
        """-log10 of the chance of such a level or a higher one, step by step."""
        found = np.full(level.size, np.nan)
        for number, tail in enumerate(self.tails):
            if tail is not None:
                here = slice(number * self.size.block, (number + 1) * self.size.block)
                found[here] = tail.minus_log10(sign * level[here])
        return found


def _both(count: Floats, up: Floats, size: Grain, quantile: float) -> Floats:
    """The score of rises or falls, whichever is higher, and of jumps, halved to the scale of one score."""
    fallen = [_Scale(-count, window, size, quantile) for window in size.scales]
    jumped = [_Scale(count, window, size, quantile, change=True) for window in size.scales]
    down, jump = _mean([one.score(one.level) for one in fallen]), _mean([one.score(one.level) for one in jumped])
    return np.asarray((np.fmax(up, down) + jump) / 2, dtype=np.float64)


def _upper(scales: list[_Scale], threshold: float) -> Floats:
    """The largest count of each step whose score stays below the threshold, by halving on the asinh scale."""
    size = scales[0].level.size
    low, high = np.zeros(size), np.full(size, 40.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        count = np.sinh(middle)
        reached = _mean([one.score(np.arcsinh(one.before + count)) for one in scales]) >= threshold
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    known = ~np.isnan(_mean([one.score(one.level) for one in scales]))
    return np.where(known, np.sinh(low), np.nan)


def _mean(scores: list[Floats]) -> Floats:
    return np.asarray(np.mean(scores, axis=0), dtype=np.float64)


def _median(count: Floats, size: Grain) -> Floats:
    found = np.full(count.size, np.nan)
    for start in range(0, count.size, size.block):
        past = count[max(0, start - size.memory) : start]
        past = past[~np.isnan(past)]
        if past.size >= size.least:
            found[start : start + size.block] = np.median(past)
    return found


def _sums(count: Floats, window: int) -> Floats:
    """Sums over the last `window` steps; a missing step as the mean of the rest, NaN where over half are missing."""
    seen = np.concatenate([[0], np.cumsum(~np.isnan(count))])
    summed = np.concatenate([[0.0], np.cumsum(np.nan_to_num(count))])
    found = np.full(count.size, np.nan)
    if count.size >= window:
        n = (seen[window:] - seen[:-window]).astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            found[window - 1 :] = np.where(2 * n >= window, (summed[window:] - summed[:-window]) * window / n, np.nan)
    return found


def _lagged(level: Floats, window: int) -> Floats:
    found = np.full(level.size, np.nan)
    found[window:] = level[window:] - level[:-window]
    return found


def _ratio(counts: Counts, options: StreamOptions) -> Floats:
    """By what a count is multiplied to be that of a step with the mean total so far; 1 without offset."""
    total = counts.offset(options.offset)
    if total is None:
        return np.ones_like(counts.count)
    seen = ~np.isnan(total)
    mean = np.cumsum(np.nan_to_num(total)) / np.fmax(np.cumsum(seen), 1)
    return np.where(seen, mean / np.where(seen, total, 1.0), np.nan)
