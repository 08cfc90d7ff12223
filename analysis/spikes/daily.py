"""Spikes in daily counts with weeks to months of history: weekday, holidays, a slow trend and the total as offset.

A negative-binomial regression for volumes and a beta-binomial one for shares, fitted to the last months of the series
itself (`analysis.spikes.seasonal`). docs/methods/spikes.md has the formulas.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.spikes.bounds import Bounds
from analysis.spikes.counts import Counts, Floats
from analysis.spikes.seasonal import Family, Forecast, design, forecast
from analysis.spikes.tails import count_tail, narrowed, share_tail, widened

_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class DailyOptions:
    """`alpha`: chance of a false alarm a day. `memory`, `least`: at most and at least so many days of history.

    `refit`: days that one fit serves. `recent`: the days just before a fit that it leaves out, so that a slow rise does
    not become its own baseline. `family`: counts (negative binomial, `total` as offset where it is given), shares
    (beta-binomial, `count` of `total`), or auto: shares where at least a tenth of the total is counted. `holidays`: a
    country's two letters, or "" for none.
    """

    alpha: float = 0.001
    memory: int = 84
    least: int = 28
    refit: int = 7
    recent: int = 0
    family: Literal["auto", "counts", "shares"] = "auto"
    holidays: str = "KZ"

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha={self.alpha}: it lies between 0 and 1")
        if self.least < 14 or self.memory < self.least:
            raise ValueError(f"least={self.least}, memory={self.memory}: 14 days or more, and memory not below least")
        if self.refit < 1 or self.recent < 0:
            raise ValueError(f"refit={self.refit}: at least 1; recent={self.recent}: at least 0")
        if self.family not in ("auto", "counts", "shares"):
            raise ValueError(f"family={self.family!r}: allowed are auto, counts and shares")
        if self.holidays:
            holiday_days(self.holidays, 2022)


def daily(counts: Counts, options: DailyOptions) -> Bounds:
    """Expected count, upper bound, score and p-value of every day; NaN before `least` days of history.

    The score is -log10 of the p-value. ValueError where a step is not one day. It stops being valid where the level
    moves by more than about a seventh a month without being an event, and below about one post in two days, where the
    bound is two or three posts whatever is chosen.
    """
    days = counts.days()
    if days is None:
        raise ValueError("daily needs one row a day with dates: choose ears-c2 or farrington for other steps")
    family = _family(counts, options)
    if family == "shares" and counts.total is None:
        raise ValueError("family=shares needs a column total")
    total = np.ones_like(counts.count) if counts.total is None else counts.total
    found = [one[0] for one in judge_many(days, counts.count[None], total[None], family, options)]
    expected, upper, p = found
    with np.errstate(divide="ignore"):
        return Bounds(expected, upper, -np.log10(p), p)


def judge_many(
    days: npt.NDArray[np.int64], y: Floats, total: Floats, family: Family, options: DailyOptions
) -> tuple[Floats, Floats, Floats]:
    """Expected counts, upper bounds and p-values (series x days) of many series over the same days, NaN where unknown.

    `days`: days since 1970, one after the other. `y`, `total`: series x days. Each series is judged by itself.
    """
    expected, upper, p = (np.full(y.shape, np.nan) for _ in range(3))
    holidays = _holidays(days, options.holidays)
    rows = days.astype(np.float64)
    for start in range(options.least + options.recent, days.size, options.refit):
        here = slice(start, min(start + options.refit, days.size))
        past = slice(max(0, start - options.recent - options.memory), start - options.recent)
        told = np.sum(~np.isnan(y[:, past]), axis=1) >= options.least
        if not told.any():
            continue
        origin = float(days[start])
        ahead = forecast(
            design(rows[past], origin, holidays[past]),
            design(rows[here], origin, holidays[here]),
            y[told, past],
            np.nan_to_num(total[told, past]),
            np.nan_to_num(total[told, here]),
            family,
        )
        # Counts are more skewed than normal values, so their scatter tells half as much of the dispersion.
        freedom = (past.stop - past.start) / 2
        mean, bound, chance = _judged(y[told, here], total[told, here], ahead, family, narrowed(options.alpha, freedom))
        found = mean, bound, widened(chance, freedom)
        for whole, part in zip((expected, upper, p), found, strict=True):
            whole[told, here] = part
    return expected, upper, p


def _judged(y: Floats, total: Floats, ahead: Forecast, family: Family, alpha: float) -> tuple[Floats, Floats, Floats]:
    dispersion = np.broadcast_to(ahead.dispersion[:, None], y.shape)
    known = ~np.isnan(total) & (total > 0)
    mean = np.where(known, ahead.mean, np.nan)
    if family == "counts":
        variance = dispersion * mean + mean**2 * ahead.spread
        p, upper = count_tail(y, mean, variance, alpha)
        return mean, upper, p
    trials = np.nan_to_num(total)
    # The error of the mean counts as likeness within a day: mu (1 - mu) spread is its part of the variance.
    alike = (dispersion - 1) / np.fmax(np.nanmedian(np.fmax(trials, 2)) - 1, 1) + mean * (1 - mean) * ahead.spread
    p, upper = share_tail(y.ravel(), trials.ravel(), mean.ravel(), alike.ravel(), alpha)
    return mean * trials, upper.reshape(y.shape), p.reshape(y.shape)


def _family(counts: Counts, options: DailyOptions) -> Family:
    if options.family != "auto":
        return options.family
    if counts.total is None:
        return "counts"
    seen = ~np.isnan(counts.count) & (counts.total > 0)
    return "shares" if counts.count[seen].sum() >= 0.1 * counts.total[seen].sum() > 0 else "counts"


def _holidays(days: npt.NDArray[np.int64], country: str) -> Floats:
    if not country:
        return np.zeros(days.size)
    dates = [_EPOCH + dt.timedelta(days=int(day)) for day in days]
    return np.array([date in holiday_days(country, date.year) for date in dates], dtype=np.float64)


@lru_cache(maxsize=256)
def holiday_days(country: str, year: int) -> frozenset[dt.date]:
    """The public holidays of a country (ISO 3166, two letters) in a year; ValueError for a country without a table."""
    import holidays

    if country not in holidays.list_supported_countries():
        raise ValueError(f"holidays={country!r}: give the two letters of a country, as KZ, or nothing")
    return frozenset(holidays.country_holidays(country, years=[year]).keys())
