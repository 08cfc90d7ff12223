"""How a share moved between two periods and how sure that is: one function for the page, the API, report and commands.

A series of four whole periods or more is smoothed first, so that a change is that of the level behind the noise of
single periods (`analysis.trends`); in a shorter one the two periods are compared as they are. `basis` says which.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from math import log, sqrt
from typing import Any

import polars as pl
from scipy.special import expit, ndtr, ndtri

from analysis.periods import period_days, period_of
from analysis.trends.shares import SERIES, Change, Smoothing, changes, smooth_shares
from storage.records import Period

ENOUGH = 4
_EDGE = 1e-4
_BACK = {"week": dt.timedelta(days=7), "month": dt.timedelta(days=28)}


def changes_since(shares: pl.DataFrame, by: Period, since: dt.date, confidence: float = 0.95) -> list[Change]:
    """For each series of `shares` the change from the last period that was over before `since` to the last whole one.

    `shares`: the columns of `Share`, one width of periods, every period there is. Nothing is told of a series that has
    no two such periods. In the order of the series. ValueError for a confidence outside (0, 1).
    """
    _, levels = smooth_shares(shares, by, confidence, steps=False)
    told: list[Change] = []
    for level in levels:
        raw = _whole(shares, level.key)
        smoothed = len(raw) >= ENOUGH
        told += changes([level], since, confidence) if smoothed else _as_they_are(level, raw, since, confidence)
    return told


def latest_changes(shares: pl.DataFrame, by: Period, confidence: float = 0.95) -> list[Change]:
    """`changes_since` the period before the last whole one that any series has."""
    over = end_of_whole_periods(shares, by)
    if over is None:
        return []
    return changes_since(shares, by, period_days(period_of(over - dt.timedelta(days=1), by)).first, confidence)


def end_of_whole_periods(shares: pl.DataFrame, by: Period) -> dt.date | None:
    """The first day after the last whole period that any series tells; None where there is none."""
    whole: Any = shares.filter(pl.col("complete") & pl.col("share").is_not_null())["starts"].max()
    return None if whole is None else period_days(period_of(whole, by)).last + dt.timedelta(days=1)


def moment(text: str, events: Iterable[tuple[dt.date, str]], over: dt.date | None) -> dt.date:
    """The day that "since …" means: a date, words that one event has, or week or month.

    `week` and `month` are seven and 28 days before `over`, the end of the last whole period (today without any).
    ValueError, with the events there are, for anything else.
    """
    wanted = text.strip().lower()
    if wanted in _BACK:
        return (over or dt.date.today()) - _BACK[wanted]
    try:
        return dt.date.fromisoformat(wanted)
    except ValueError:
        pass
    there = list(events)
    found = [(day, name) for day, name in there if wanted in name.lower()]
    if len(found) == 1:
        return found[0][0]
    known = "; ".join(f"{day} {name}" for day, name in (found or there))
    raise ValueError(
        f"since {text!r}: give a date (2022-09-21), week, month, or words that only one event of events.yaml has"
        + (f": {known}" if known else "")
    )


def probability_of_rise(
    now: tuple[float, float, float], before: tuple[float, float, float], confidence: float = 0.95
) -> float:
    """The probability that a share was higher in one period than in another, in [0, 1].

    `now`, `before`: (share, low, high), with intervals of this confidence. Both are taken as normal on the logit scale,
    with the standard error that the interval implies, and as independent. Where the same authors write in both periods
    their errors have something in common, and the probability is nearer one half than it should be. It does not
    contain the classifier's bias, which mostly cancels between neighbouring periods. ValueError where a share or bound
    lies outside [0, 1].
    """
    step, error, _ = _step(now, before, confidence)
    return float(ndtr(step / error))


def _as_they_are(
    level: Smoothing, raw: Sequence[dict[str, Any]], since: dt.date, confidence: float
) -> Iterator[Change]:
    """The change between two periods of a short series, each with its own interval."""
    earlier = [row for row in raw if period_days(row["period"]).last < since]
    if not earlier or earlier[-1] is raw[-1]:
        return
    before, after = earlier[-1], raw[-1]
    step, error, start = _step(_bounds(after), _bounds(before), confidence)
    quantile = -float(ndtri((1 - confidence) / 2))
    low, high = (float(expit(start + step + side * quantile * error) - expit(start)) for side in (-1, 1))
    target, group, value, _, _, stance, _ = level.key
    yield Change(
        target, group, value, stance, before["period"], after["period"], before["share"], after["share"],
        after["share"] - before["share"], low, high, float(ndtr(step / error)), "raw",
    )  # fmt: skip


def _whole(shares: pl.DataFrame, key: tuple[str, ...]) -> list[dict[str, Any]]:
    """The whole periods of one series that have a share, in order."""
    of_series = pl.all_horizontal(pl.col(name) == value for name, value in zip(SERIES, key, strict=True))
    told = shares.lazy().filter(of_series, pl.col("complete"), pl.col("share").is_not_null())
    return told.sort("starts").select("period", "share", "low", "high").collect().to_dicts()


def _bounds(row: dict[str, Any]) -> tuple[float, float, float]:
    return row["share"], row["low"], row["high"]


def _step(
    now: tuple[float, float, float], before: tuple[float, float, float], confidence: float
) -> tuple[float, float, float]:
    """The change on the logit scale, its standard error, and where it began."""
    (later, later_error), (earlier, earlier_error) = (_on_logit_scale(*one, confidence) for one in (now, before))
    return later - earlier, sqrt(later_error**2 + earlier_error**2), earlier


def _on_logit_scale(share: float, low: float, high: float, confidence: float) -> tuple[float, float]:
    if not 0 <= low <= high <= 1 or not 0 <= share <= 1:
        raise ValueError(f"the share {share} with interval {low} to {high} does not lie in [0, 1]")
    quantile = -float(ndtri((1 - confidence) / 2))
    error = (_logit(high) - _logit(low)) / (2 * quantile)
    return _logit(share), max(error, _EDGE)


def _logit(share: float) -> float:
    inside = min(max(share, _EDGE), 1 - _EDGE)
    return log(inside / (1 - inside))
