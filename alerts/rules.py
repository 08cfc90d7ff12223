"""A rule and daily counts in, alerts out: pure, and the same at every run over the same counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

import polars as pl

from analysis.spikes import detect
from configs.settings import RuleSettings
from storage.records import Alert


def evaluate(
    rule: RuleSettings, counts: pl.DataFrame, *, last_day: dt.date, earlier: Collection[Alert] = ()
) -> list[Alert]:
    """The alerts that `rule` raises over daily counts, ordered by value and day.

    `counts` has the columns day, count and perhaps total and value (as `alerts.counting.daily_counts` gives them; "all"
    without the column). Days after `last_day`, the last complete local day, are not judged. A day is an alarm where the
    detector says so and `count` is at least `rule.min_count`. Alarms within `rule.cooldown_days` of the last alarm, and
    alarms on consecutive days in any case, belong to one alert, whose window is its first day (ISO date) and whose
    numbers are that day's. `earlier` are stored alerts: those of this rule begin a cooldown too, so that counts which
    changed since (late posts) do not raise the same spike twice. The first days of a series, before the detector's
    baseline is full, raise nothing; nor does the empty value (posts whose language or region is not known).
    """
    frame = counts if "value" in counts.columns else counts.with_columns(value=pl.lit("all"))
    alerts: list[Alert] = []
    judged = frame.filter(pl.col("day") <= last_day, pl.col("value") != "").sort("value", "day")
    for (value,), series in judged.group_by("value", maintain_order=True):
        known = [dt.date.fromisoformat(alert.window) for alert in earlier if _is_series(alert, rule, str(value))]
        alerts += _alerts(rule, str(value), series, known)
    return alerts


def detector_options(rule: RuleSettings) -> dict[str, Any]:
    """What `rule` tells its detector: a day without a row was not observed, and counts vary by one voice at least."""
    return {"alpha": rule.alpha, "min_count": float(rule.min_count), "missing": "gap", "min_sigma": 1.0}


def last_complete_day(newest_post: dt.datetime, now: dt.datetime, zone: dt.tzinfo) -> dt.date:
    """The local day before that of the newest post, which may still grow.

    It follows from the data, so that a later run over the same posts judges the same days; `now` only keeps a post
    that is dated in the future from declaring today complete.
    """
    return min(newest_post, now).astimezone(zone).date() - dt.timedelta(days=1)


def _alerts(rule: RuleSettings, value: str, series: pl.DataFrame, known: Collection[dt.date]) -> Iterator[Alert]:
    scored = detect(series.drop("value"), rule.detector, detector_options(rule))
    alarms = scored.filter(pl.col("alarm") == 1)
    quiet = max(rule.cooldown_days, 1)
    previous: dt.date | None = None
    for row in alarms.iter_rows(named=True):
        day: dt.date = row["time"]
        in_cooldown = previous is not None and (day - previous).days <= quiet
        stored = any(day != one and abs((day - one).days) <= quiet for one in known)
        previous = day
        if not (in_cooldown or stored):
            yield Alert(
                rule=rule.name,
                target=rule.target,
                group=rule.group,
                value=value,
                window=day.isoformat(),
                measure=rule.measure,
                observed=row["observed"],
                expected=row["expected"],
                upper=row["upper"],
                score=row["score"],
            )


def _is_series(alert: Alert, rule: RuleSettings, value: str) -> bool:
    return (alert.rule, alert.target, alert.group, alert.value) == (rule.name, rule.target, rule.group, value)
