"""Stored shares smoothed over their periods, and the probability that one rose since an earlier period.

The level is a random walk on the logit scale seen through each period's own error (analysis.trends.averaging). Stances
of one series are smoothed one by one: their levels need not add up to one. docs/methods/smoothing.md has the formulas.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit, ndtri

from analysis.periods import period_days, period_of
from analysis.trends.averaging import WEEKLY_SCALE, Level
from analysis.trends.local_level import Floats
from analysis.trends.proportions import level_of_shares, most_likely_step
from storage.records import Period

_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4375}
_EDGE = 1e-3
_MOST = 1e5
SERIES = ("target", "group", "value", "voices", "among", "stance", "model")


@dataclass(frozen=True, slots=True)
class Change:
    """How one share moved between two periods. `change` as a fraction, with the probability that it rose.

    `basis`: whether it is the level behind the noise that moved, or the two periods as they are (`analysis.change`).
    """

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
    basis: Literal["smoothed", "raw"] = "smoothed"


@dataclass(frozen=True, slots=True)
class Smoothing:
    """One series: its key, its periods in order without gaps, and the level at each, on the logit scale.

    `first` and `last`: the places of the first and last periods that were observed whole.
    """

    key: tuple[str, ...]
    starts: tuple[dt.date, ...]
    by: Period
    level: Level
    first: int
    last: int

    def before(self, day: dt.date) -> int | None:
        """The place of the last period that was over before `day`; None where the series begins later."""
        over = [place for place, start in enumerate(self.starts[1:]) if start <= day and place >= self.first]
        return over[-1] if over else None

    @property
    def over(self) -> dt.date:
        """The first day after the last period that was observed whole."""
        return period_days(period_of(self.starts[self.last], self.by)).last + dt.timedelta(days=1)


def smooth_shares(
    shares: pl.DataFrame, by: Period, confidence: float = 0.95, *, steps: bool = True
) -> tuple[pl.DataFrame, list[Smoothing]]:
    """`shares` (columns of `Share`) with smoothed, smoothed_low, smoothed_high and step, and the levels behind them.

    A period that is suppressed, insufficient or incomplete counts as not observed; the level passes through it. Rows of
    series with fewer than two observed periods keep nulls. The interval is that of the level, the share behind the
    noise of single periods, and holds as long as opinion moves by small steps: a jump is spread over its neighbours.
    `step`: standard deviation of one period's change by maximum likelihood, in logits; null without `steps`. Smoothed
    values of the last periods change as new ones come (fixed-interval smoothing). Sorted by series and period.
    ValueError for a confidence outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence}: it lies between 0 and 1")
    quantile = -float(ndtri((1 - confidence) / 2))
    ordered = shares.sort(*SERIES, "starts")
    if ordered.is_empty():
        return ordered.with_columns(_columns(np.zeros(0), np.zeros(0), np.zeros(0), quantile)), []
    starts = _every_start(ordered["starts"].to_list(), by)
    of_rows = list(zip(*(ordered[name].to_list() for name in SERIES), strict=True))
    keys = list(dict.fromkeys(of_rows))
    place = {day: at for at, day in enumerate(starts)}
    rows = np.array([place[day] for day in ordered["starts"].to_list()])
    number = {key: s for s, key in enumerate(keys)}
    series = np.array([number[key] for key in of_rows])
    share, n = _observed(ordered, rows, series, (len(starts), len(keys)), quantile)
    # A random walk's variance grows with time: the prior on a step follows from the width of a period.
    level = level_of_shares(share, n, WEEKLY_SCALE * float(np.sqrt(_DAYS[by] / _DAYS["week"])))
    step = most_likely_step(level, share, n) if steps else np.full(len(keys), np.nan)
    told = np.isfinite(share).sum(axis=0) >= 2
    mean, error = (np.where(told, part, np.nan)[rows, series] for part in (level.mean, np.sqrt(level.variance)))
    smoothed = ordered.with_columns(_columns(mean, error, np.where(told, step, np.nan)[series], quantile))
    seen = [np.flatnonzero(np.isfinite(share[:, s])) for s in range(len(keys))]
    levels = [
        Smoothing(key, tuple(starts), by, level.one(s), int(seen[s][0]), int(seen[s][-1]))
        for s, key in enumerate(keys)
        if told[s]
    ]
    return smoothed, levels


def changes(levels: Sequence[Smoothing], since: dt.date, confidence: float = 0.95) -> Iterator[Change]:
    """For each series the change from the last period that was over before `since` to the last whole one.

    The period of an event holds what came after it, and is no measure of what was before. Nothing is told of a series
    that has no such two periods.
    """
    quantile = -float(ndtri((1 - confidence) / 2))
    for one in levels:
        first, last = one.before(since), one.last
        if first is None or first >= last:
            continue
        before, after = (float(expit(one.level.mean[place, 0])) for place in (first, last))
        step, error = (float(part[0]) for part in one.level.change(first, last))
        # On the logit scale the change is normal; in points it is what takes `before` to the other end.
        start = float(one.level.mean[last, 0]) - step
        low, high = (float(expit(start + step + side * quantile * error) - expit(start)) for side in (-1, 1))
        target, group, value, _, _, stance, _ = one.key
        since_period, until_period = (period_of(one.starts[place], one.by) for place in (first, last))
        p_rise = float(one.level.p_rise(first, last)[0])
        points = (before, after, after - before, low, high, p_rise)
        yield Change(target, group, value, stance, since_period, until_period, *points)


def _observed(
    ordered: pl.DataFrame,
    rows: npt.NDArray[np.int64],
    series: npt.NDArray[np.int64],
    shape: tuple[int, int],
    quantile: float,
) -> tuple[Floats, Floats]:
    """Shares and the effective number of people behind each, (periods, series); NaN and 1 where there is none."""
    told = ordered["share"].cast(pl.Float64).to_numpy()
    usable = np.isfinite(told) & ordered["complete"].to_numpy()
    at = rows[usable], series[usable]
    share, n = np.full(shape, np.nan), np.ones(shape)
    share[at] = told[usable]
    n[at] = _effective(ordered, quantile)[usable]
    return share, n


def _effective(ordered: pl.DataFrame, quantile: float) -> Floats:
    """The effective number of people behind each share: as stored, else what the width of its interval implies."""
    share, low, high = (ordered[name].cast(pl.Float64).to_numpy() for name in ("share", "low", "high"))
    inside = np.clip(share, _EDGE, 1 - _EDGE)
    implied = inside * (1 - inside) / (np.fmax(high - low, _EDGE) / (2 * quantile)) ** 2
    stored = ordered["n_eff"].cast(pl.Float64).to_numpy() if "n_eff" in ordered.columns else np.nan
    return np.asarray(np.fmin(np.where(np.isfinite(stored), stored, implied), _MOST))


def _every_start(found: Sequence[dt.date], by: Period) -> list[dt.date]:
    """All first days of periods from the first to the last one found, so that a period without a row is a gap."""
    step = {"day": "1d", "week": "1w", "month": "1mo"}[by]
    return pl.date_range(min(found), max(found), step, eager=True).to_list()


def _columns(mean: Floats, error: Floats, step: Floats, quantile: float) -> list[pl.Series]:
    ends = {"smoothed": 0.0, "smoothed_low": -quantile, "smoothed_high": quantile}
    with np.errstate(invalid="ignore"):
        values = {name: expit(mean + side * error) for name, side in ends.items()} | {"step": step}
    return [pl.Series(name, value, dtype=pl.Float64, nan_to_null=True) for name, value in values.items()]
