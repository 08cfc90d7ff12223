"""Stored shares smoothed over their periods, and the probability that one rose since an earlier period.

The level is a random walk on the logit scale seen through each period's own error (analysis.trends.averaging). Stances
of one series are smoothed one by one: their levels need not add up to one. docs/methods/smoothing.md has the formulas.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit, logit
from scipy.stats import norm

from analysis.trends.averaging import WEEKLY_SCALE, Level, local_level
from analysis.trends.local_level import Floats
from storage.records import Period

_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4375}
_EDGE = 1e-3
_LEAST_ERROR = 0.02
_SERIES = ("target", "group", "value", "voices", "among", "stance", "model")


@dataclass(frozen=True, slots=True)
class Change:
    """How one smoothed share moved between two periods. `change` as a fraction, with the probability that it rose."""

    target: str
    group: str
    value: str
    stance: str
    since: str
    until: str
    before: float
    after: float
    change: float
    low: float
    high: float
    p_rise: float


@dataclass(frozen=True, slots=True)
class Smoothing:
    """One series: its key, its periods in order without gaps, and the level at each, on the logit scale.

    `last`: the place of the last period that was observed whole.
    """

    key: tuple[str, ...]
    starts: tuple[dt.date, ...]
    periods: tuple[str, ...]
    level: Level
    last: int

    def at_or_before(self, day: dt.date) -> int | None:
        """The place of the last period that begins on `day` or earlier; None where the series begins later."""
        places = [place for place, start in enumerate(self.starts) if start <= day]
        return places[-1] if places else None


def smooth_shares(shares: pl.DataFrame, by: Period, confidence: float = 0.95) -> tuple[pl.DataFrame, list[Smoothing]]:
    """`shares` (columns of `Share`) with smoothed, smoothed_low and smoothed_high, and the levels behind them.

    A period that is suppressed, insufficient or incomplete counts as not observed; the level passes through it. Rows of
    series with fewer than two observed periods keep nulls. The interval is that of the level, the share behind the
    noise of single periods, and holds as long as opinion moves by small steps: a jump is spread over its neighbours.
    Smoothed values of the last periods change as new ones come (fixed-interval smoothing). ValueError for a confidence
    outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence}: it lies between 0 and 1")
    quantile = float(norm.isf((1 - confidence) / 2))
    parts, levels = [], []
    ordered = shares.sort(*_SERIES, "starts")
    for key, series in ordered.group_by(_SERIES, maintain_order=True):
        made = _smoothed(tuple(str(part) for part in key), series, by, quantile)
        if made is None:
            parts.append(
                series.with_columns(_columns(np.full(series.height, np.nan), np.ones(series.height), quantile))
            )
            continue
        levels.append(made)
        places = {start: place for place, start in enumerate(made.starts)}
        rows = np.array([places[start] for start in series["starts"].to_list()])
        mean, variance = made.level.mean[rows, 0], made.level.variance[rows, 0]
        parts.append(series.with_columns(_columns(mean, np.sqrt(variance), quantile)))
    if not parts:
        return ordered.with_columns(_columns(np.zeros(0), np.zeros(0), quantile)), []
    return pl.concat(parts), levels


def changes(levels: Sequence[Smoothing], since: dt.date, confidence: float = 0.95) -> Iterator[Change]:
    """For each series the change from the period that holds `since` to the last whole one, from their joint law."""
    quantile = float(norm.isf((1 - confidence) / 2))
    for one in levels:
        first, last = one.at_or_before(since), one.last
        if first is None or first >= last or not np.isfinite(one.level.mean[[first, last], 0]).all():
            continue
        before, after = (float(expit(one.level.mean[place, 0])) for place in (first, last))
        step, error = (float(part[0]) for part in one.level.change(first, last))
        # On the logit scale the change is normal; in points it is what takes `before` to the other end.
        start = float(one.level.mean[last, 0]) - step
        low, high = (float(expit(start + step + side * quantile * error) - expit(start)) for side in (-1, 1))
        target, group, value, _, _, stance, _ = one.key
        yield Change(
            *(target, group, value, stance, one.periods[first], one.periods[last]),
            *(before, after, after - before, low, high),
            p_rise=float(one.level.p_rise(first, last)[0]),
        )


def _smoothed(key: tuple[str, ...], series: pl.DataFrame, by: Period, quantile: float) -> Smoothing | None:
    starts = _every_start(series["starts"].to_list(), by)
    places = {start: place for place, start in enumerate(starts)}
    y, noise = np.full((len(starts), 1), np.nan), np.ones((len(starts), 1))
    names = [""] * len(starts)
    for row in series.iter_rows(named=True):
        place = places[row["starts"]]
        names[place] = row["period"]
        if row["share"] is not None and row["complete"]:
            y[place, 0] = logit(np.clip(row["share"], _EDGE, 1 - _EDGE))
            low, high = (logit(np.clip(row[end], _EDGE / 2, 1 - _EDGE / 2)) for end in ("low", "high"))
            noise[place, 0] = max((high - low) / (2 * quantile), _LEAST_ERROR) ** 2
    if np.isfinite(y).sum() < 2:
        return None
    # A random walk's variance grows with time: the prior on a step follows from the width of a period.
    scale = WEEKLY_SCALE * float(np.sqrt(_DAYS[by] / _DAYS["week"]))
    last = int(np.flatnonzero(np.isfinite(y[:, 0]))[-1])
    return Smoothing(key, tuple(starts), tuple(names), local_level(y, noise, scale), last)


def _every_start(found: Sequence[dt.date], by: Period) -> list[dt.date]:
    """All first days of periods from the first to the last one found, so that a period without a row is a gap."""
    step = {"day": "1d", "week": "1w", "month": "1mo"}[by]
    return pl.date_range(min(found), max(found), step, eager=True).to_list()


def _columns(mean: Floats, error: Floats, quantile: float) -> list[pl.Series]:
    ends = {"smoothed": 0.0, "smoothed_low": -quantile, "smoothed_high": quantile}
    return [pl.Series(name, expit(mean + side * error), dtype=pl.Float64).fill_nan(None) for name, side in ends.items()]
