"""Shares by period, smoothed on the logit scale: level, interval, and the probability of a rise."""

from __future__ import annotations

import datetime as dt
from math import sqrt

import numpy as np
import polars as pl
from scipy.special import expit, logit
from scipy.stats import norm

from analysis.trends.averaging import WEEKLY_SCALE, Level, local_level
from analysis.trends.local_level import Floats

_STEP = {"day": "1d", "week": "1w", "month": "1mo"}
_WEEKS = {"day": 1 / 7, "week": 1.0, "month": 365.25 / 84}
_DAYS_OF_A_MONTH = 28
_END = 0.005
_SERIES = ["group", "value", "stance"]


def smooth_shares(
    shares: pl.DataFrame, by: str, *, confidence: float = 0.95, since: dt.date | None = None
) -> pl.DataFrame:
    """`shares` with the level of each period beside it, rows in the order given.

    `shares`: one target, model, base and kind of voices; columns starts, group, value, stance, share, low, high
    (fractions, intervals at `confidence`) and complete. A suppressed or incomplete period is taken as not observed.
    Adds level, level_low, level_high (fractions), and p_rise_last, p_rise_month, p_rise_since: the probability that
    the level lies above that of the period before, of the period four weeks earlier, and of the last period that began
    before `since` was over; null where that period is not in `shares`. Null throughout for a series never observed.
    """
    columns = dict.fromkeys(
        ["level", "level_low", "level_high", "p_rise_last", "p_rise_month", "p_rise_since"], pl.Float64
    )
    if shares.is_empty():
        return shares.with_columns(pl.lit(None, kind).alias(name) for name, kind in columns.items())
    first, last = min(shares["starts"]), max(shares["starts"])
    calendar: list[dt.date] = pl.select(pl.date_range(first, last, _STEP[by])).to_series().to_list()
    keys = shares.select(_SERIES).unique(maintain_order=True)
    y, noise = _observed(shares, calendar, keys, confidence)
    level = local_level(y, noise, WEEKLY_SCALE * sqrt(_WEEKS[by]))
    told = _told(level, calendar, keys, confidence, since)
    return shares.join(told, on=["starts", *_SERIES], how="left", nulls_equal=True, maintain_order="left")


def _observed(
    shares: pl.DataFrame, calendar: list[dt.date], keys: pl.DataFrame, confidence: float
) -> tuple[Floats, Floats]:
    """Logits and their variances by the delta method, (periods, series), NaN where nothing was observed."""
    times = {day: t for t, day in enumerate(calendar)}
    series = {key: s for s, key in enumerate(keys.iter_rows())}
    y = np.full((len(calendar), keys.height), np.nan)
    noise = np.full_like(y, np.nan)
    quantile = float(norm.isf((1 - confidence) / 2))
    known = shares.filter(pl.col("complete") & pl.col("share").is_not_null() & (pl.col("high") > pl.col("low")))
    for row in known.select("starts", *_SERIES, "share", "low", "high").iter_rows():
        at = times[row[0]], series[row[1:4]]
        inside = min(max(row[4], _END), 1 - _END)
        y[at] = logit(inside)
        noise[at] = ((row[6] - row[5]) / (2 * quantile) / (inside * (1 - inside))) ** 2
    return y, noise


def _told(
    level: Level, calendar: list[dt.date], keys: pl.DataFrame, confidence: float, since: dt.date | None
) -> pl.DataFrame:
    margin = float(norm.isf((1 - confidence) / 2)) * np.sqrt(level.variance)
    event = None if since is None else max((t for t, day in enumerate(calendar) if day <= since), default=None)
    parts = []
    for t, day in enumerate(calendar):
        month = max((u for u in range(t) if (day - calendar[u]).days >= _DAYS_OF_A_MONTH), default=None)
        before = {"last": t - 1 if t else None, "month": month, "since": event if event != t else None}
        values: dict[str, Floats] = {
            "level": expit(level.mean[t]),
            "level_low": expit(level.mean[t] - margin[t]),
            "level_high": expit(level.mean[t] + margin[t]),
        }
        for name, u in before.items():
            rose = np.full(keys.height, np.nan) if u is None or u > t else level.p_rise(u, t)
            values[f"p_rise_{name}"] = np.where(np.isfinite(level.mean[t]), rose, np.nan)
        parts.append(keys.with_columns(pl.lit(day).alias("starts"), *(pl.Series(k, v) for k, v in values.items())))
    return pl.concat(parts).with_columns(pl.selectors.float().fill_nan(None))
