"""Whether the monitor moves before polls do: correlations of first differences at several lags, beside placebos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
FEWEST_POLLS = 3
_BLOCK = 2


@dataclass(frozen=True, slots=True)
class LeadLag:
    """The correlation at one lag, in periods; positive: the monitor is ahead. All None, with `reason`, where too few.

    `p_placebo`: how often a series of another target, or this one, correlates at least as much at this lag:
    (1 + placebos that do) / (1 + placebos); never below that for few placebos.
    """

    lag: int
    n_changes: int
    correlation: float | None = None
    low: float | None = None
    high: float | None = None
    p_placebo: float | None = None
    reason: str = ""


def lead_lag(
    monitor: Floats,
    poll: Floats,
    lags: Sequence[int],
    placebos: Sequence[Floats] = (),
    *,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> list[LeadLag]:
    """For each lag, the change of `poll` from poll to poll against that of `monitor` `lag` periods earlier.

    `monitor`, `poll` and each placebo: shares by period on one calendar, NaN where there is none. Intervals resample
    blocks of two neighbouring changes, in which a poll's error that enters two changes stays together (Künsch 1989).
    Below three polls with a monitor at both ends nothing is told; up to about ten the interval is only indicative.
    """
    if any(series.shape != poll.shape for series in (monitor, *placebos)):
        raise ValueError("the monitor, the poll and the placebos need one value for each period of one calendar")
    rng = np.random.default_rng(seed)
    return [_at_lag(monitor, poll, lag, placebos, confidence, draws, rng) for lag in lags]


def _at_lag(
    monitor: Floats,
    poll: Floats,
    lag: int,
    placebos: Sequence[Floats],
    confidence: float,
    draws: int,
    rng: np.random.Generator,
) -> LeadLag:
    own, theirs = _changes(monitor, poll, lag)
    found = _correlation(own, theirs)
    if own.size + 1 < FEWEST_POLLS or not np.isfinite(found):
        return LeadLag(lag, own.size, reason=f"insufficient: {own.size} changes between polls that the monitor covers")
    starts = rng.integers(0, own.size - _BLOCK + 1, (draws, -(-own.size // _BLOCK)))
    rows = (starts[:, :, None] + np.arange(_BLOCK)).reshape(draws, -1)[:, : own.size]
    drawn = _correlation(own[rows], theirs[rows])
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail]) if np.isfinite(drawn).any() else (-1.0, 1.0)
    others = np.array([_correlation(*_changes(placebo, poll, lag)) for placebo in placebos])
    others = others[np.isfinite(others)]
    p = float((1 + (others >= found).sum()) / (1 + others.size)) if others.size else None
    return LeadLag(lag, own.size, float(found), float(low), float(high), p)


def _changes(monitor: Floats, poll: Floats, lag: int) -> tuple[Floats, Floats]:
    """Changes of both between the periods of polls in which the monitor, `lag` earlier, has a share."""
    at = np.flatnonzero(np.isfinite(poll))
    at = at[(at - lag >= 0) & (at - lag < monitor.size)]
    at = at[np.isfinite(monitor[at - lag])]
    return np.diff(monitor[at - lag]), np.diff(poll[at])


def _correlation(x: Floats, y: Floats) -> Floats:
    """Along the last axis; NaN where either is constant or has fewer than two values."""
    if x.shape[-1] < 2:
        return np.full(x.shape[:-1], np.nan)
    x, y = x - x.mean(axis=-1, keepdims=True), y - y.mean(axis=-1, keepdims=True)
    size = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
    return np.asarray(np.divide((x * y).sum(axis=-1), size, out=np.full(size.shape, np.nan), where=size > 1e-15))
