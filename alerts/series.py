"""One scored series around a spike: what a chart shows, how long the spike lasts, and when it is over."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from alerts.charts import CHART_DAYS
from alerts.windows import Step, start_of, step_of, window_of
from storage.records import Alert

QUIET_STEPS = 2
LONGEST_DAYS = 28
_LENGTH: dict[Step, dt.timedelta] = {
    "hour": dt.timedelta(hours=1),
    "day": dt.timedelta(days=1),
    "week": dt.timedelta(days=7),
}


@dataclass(frozen=True, slots=True)
class Span:
    """How long a spike lasts. `ended`: the first local day after it, None while it lasts or nothing came after it.

    `explanation`: steps_above (the bound), peak (the largest count) and peak_window; `new_level` where it was still
    above the bound after four weeks: then it is no spike any more but what is usual.
    """

    ended: dt.date | None
    explanation: dict[str, Any] = field(default_factory=dict)


def span_of(series: pl.DataFrame, start: dt.date | dt.datetime, step: Step, zone: ZoneInfo) -> Span:
    """The span of the spike that begins at `start` in a scored series (`alerts.scoring.score`, one value).

    It is over when the count has been at or below the bound of its first step for two observed steps in a row, the
    bound growing with the total; it is over at the first of the two. The detector's own later bounds are not asked:
    they rise with the spike.
    """
    rows = series.filter(pl.col("time") >= start).sort("time")
    if rows.height == 0:
        return Span(None)
    bound = _bounds(rows)
    observed = rows["observed"].to_list()
    times = rows["time"].to_list()
    last = next((i for i in range(len(times)) if times[i] - times[0] > dt.timedelta(days=LONGEST_DAYS)), None)
    quiet: list[int] = []
    end: int | None = None
    for i, count in enumerate(observed):
        if i == last:
            end = i
        elif count is not None:
            quiet = [*quiet, i] if count <= bound[i] else []
            end = quiet[0] if len(quiet) == QUIET_STEPS else None
        if end is not None:
            break
    inside = [i for i in range(end if end is not None else len(times)) if observed[i] is not None]
    peak = max(inside, key=lambda i: (observed[i], -i), default=0)
    told = {
        "steps_above": sum(observed[i] > bound[i] for i in inside),
        "peak": observed[peak],
        "peak_window": window_of(_local(times[peak], zone), step),
    }
    if end is None:
        return Span(None, told)
    over = _local(times[end], zone)
    ended = over.date() if isinstance(over, dt.datetime) else over
    return Span(ended, {**told, "new_level": True} if end == last else told)


def row_of(scored: pl.DataFrame, alert: Alert, zone: ZoneInfo) -> dict[str, Any] | None:
    """The step of a rule's scored series in which a stored alert begins; None where it is not there (any more)."""
    start = start_of(alert, zone)
    found = scored.filter((pl.col("value") == alert.value) & (pl.col("time") == start))
    return found.row(0, named=True) if found.height else None


def span_of_stored(scored: pl.DataFrame, alert: Alert, zone: ZoneInfo) -> Span:
    """The span of a stored alert's spike as its series stands now; one that lasts where the series is gone."""
    row = row_of(scored, alert, zone)
    if row is None:
        return Span(None)
    return span_of(scored.filter(pl.col("value") == alert.value), row["time"], step_of(alert.window), zone)


def series_around(
    series: pl.DataFrame, start: dt.date | dt.datetime, step: Step, zone: ZoneInfo
) -> list[dict[str, Any]]:
    """What a chart shows: `CHART_DAYS` days (a year of weeks, five days of hours) before the spike and 14 steps after.

    Rows of time (ISO, local), observed, expected, upper (None where not known) and alert (in the spike's first step).
    """
    reach = {"hour": dt.timedelta(days=5), "day": dt.timedelta(days=CHART_DAYS), "week": dt.timedelta(weeks=52)}[step]
    shown = series.filter(pl.col("time").is_between(start - reach, start + 14 * _LENGTH[step])).sort("time")
    return [
        {
            "time": _local(row["time"], zone).isoformat(),
            **{name: _rounded(row[name]) for name in ("observed", "expected", "upper")},
            "alert": row["time"] == start,
        }
        for row in shown.iter_rows(named=True)
    ]


def _bounds(rows: pl.DataFrame) -> list[float]:
    """The first step's bound, as a share of the total where there is one, in every step."""
    upper = rows["upper"][0]
    bound = upper if upper is not None else float("inf")
    total = rows["total"].to_list()
    if not total[0]:
        return [bound] * len(total)
    return [bound if one is None else bound * one / total[0] for one in total]


def _local(time: dt.date | dt.datetime, zone: ZoneInfo) -> dt.date | dt.datetime:
    return time.astimezone(zone).replace(tzinfo=None) if isinstance(time, dt.datetime) else time


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
