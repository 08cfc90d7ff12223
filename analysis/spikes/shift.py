"""Lasting shifts of level, in retrospect: PELT (Killick, Fearnhead & Eckley 2012) on the scale of square roots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import norm

from analysis.spikes.bounds import Bounds
from analysis.spikes.counts import Counts, Floats

_MAD_TO_SD = 1.4826


@dataclass(frozen=True, slots=True)
class ShiftOptions:
    """`least`: steps between two shifts. `penalty`: what a further shift costs, in units of 2 log n noise variances.

    `direction`: which shifts are alarms. `offset`: shifts of count / total; None where a total is given.
    """

    least: int = 7
    penalty: float = 1.5
    direction: Literal["up", "down", "both"] = "up"
    offset: bool | None = None

    def __post_init__(self) -> None:
        if self.least < 2:
            raise ValueError(f"least={self.least}: at least 2 steps")
        if not self.penalty > 0:
            raise ValueError(f"penalty={self.penalty}: above 0")
        if self.direction not in ("up", "down", "both"):
            raise ValueError(f"direction={self.direction!r}: allowed are up, down and both")


def shift(counts: Counts, options: ShiftOptions) -> Bounds:
    """Where the level changed for good. Unlike the other detectors it looks ahead: more data may move or undo a shift.

    `expected` is the level (mean count, times total where there is an offset) of the segment before the step's own;
    `upper` three standard deviations of the noise above it; `score` the difference of the two levels in such standard
    deviations, signed, at the first step of a segment and 0 elsewhere. `p_value` is that of the difference of two
    means, without regard to the choice of the place. Needs `2 * least` observed steps; NaN otherwise.
    """
    size = counts.count.size
    scale = _scale(counts, options)
    # On this scale a count scatters alike whatever its level (Anscombe).
    level = 2 * np.sqrt((counts.count + 0.375) / scale)
    seen = np.flatnonzero(~np.isnan(level))
    bounds = Bounds.unknown(size)
    if seen.size < 2 * options.least:
        return bounds
    values = level[seen]
    sigma = _noise(values)
    starts = [0, *_changes(values / sigma, options)]
    alarm = np.zeros(size, dtype=bool)
    bounds.score[seen], bounds.p_value[seen] = 0.0, 1.0
    for number, start in enumerate(starts):
        stop = starts[number + 1] if number + 1 < len(starts) else seen.size
        before = values[starts[number - 1] if number else 0 : start if number else stop]
        here = seen[start:stop]
        _fill(bounds, here, float(before.mean()), sigma, scale)
        if number:
            own = values[start:stop]
            deviation = float(own.mean() - before.mean()) / sigma
            bounds.score[here[0]] = deviation
            bounds.p_value[here[0]] = 2 * norm.sf(abs(deviation) / np.sqrt(1 / own.size + 1 / before.size))
            wanted = {"up": deviation > 0, "down": deviation < 0, "both": True}[options.direction]
            alarm[here[0]] = wanted
    return Bounds(bounds.expected, bounds.upper, bounds.score, bounds.p_value, alarm)


def _fill(
    bounds: Bounds, steps: np.ndarray[tuple[int], np.dtype[np.int64]], mean: float, sigma: float, scale: Floats
) -> None:
    for target, level in ((bounds.expected, mean), (bounds.upper, mean + 3 * sigma)):
        target[steps] = np.fmax((level / 2) ** 2 * scale[steps] - 0.375, 0.0)


def _scale(counts: Counts, options: ShiftOptions) -> Floats:
    """By what a count is divided: 1 without offset, else the total in units of its mean."""
    total = counts.offset(counts.total is not None if options.offset is None else options.offset)
    if total is None:
        return np.ones_like(counts.count)
    return np.asarray(total if np.isnan(total).all() else total / np.nanmean(total), dtype=np.float64)


def _noise(values: Floats) -> float:
    """The standard deviation between neighbours, robustly; a constant series has a tenth."""
    differences = np.diff(values)
    mad = float(np.median(np.abs(differences - np.median(differences))))
    return float(max(mad * _MAD_TO_SD / np.sqrt(2), differences.std() / 10, 0.1))


def _changes(values: Floats, options: ShiftOptions) -> list[int]:
    """Where new segments begin."""
    import ruptures

    found = ruptures.Pelt(model="l2", min_size=options.least, jump=1).fit(values[:, None])
    return [int(end) for end in found.predict(pen=options.penalty * 2 * np.log(values.size))[:-1]]
