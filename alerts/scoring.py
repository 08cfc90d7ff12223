"""The series of one rule put to its detector: what was observed, expected and at most usual in every step."""

from __future__ import annotations

import datetime as dt
from math import e, log10
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from alerts.counting import complete_steps
from alerts.windows import Step
from analysis.spikes import detect
from configs.settings import RuleSettings

SCORED = {
    "value": pl.String(),
    "observed": pl.Float64(),
    "total": pl.Float64(),
    "expected": pl.Float64(),
    "upper": pl.Float64(),
    "score": pl.Float64(),
    "p_value": pl.Float64(),
    "alarm": pl.Boolean(),
}


def step_of_rule(rule: RuleSettings) -> Step:
    """What one step of the rule's series is: farrington judges weeks, stream hours, the others days."""
    steps: dict[str, Step] = {"farrington": "week", "stream": "hour"}
    return steps.get(rule.detector, "day")


def score(rule: RuleSettings, counts: pl.DataFrame, *, last_day: dt.date, zone: ZoneInfo) -> pl.DataFrame:
    """Every complete step of every series of `rule`: the columns of `SCORED` and time, ordered by value and time.

    `counts` has the columns time, count and perhaps total and value (as `alerts.counting.step_counts` gives them; "all"
    without the column). The empty value (posts whose language or region is not known) is no series. `expected`, `upper`
    and `p_value` are null while the history is too short. `alarm`: above the upper bound and at least `rule.min_count`.
    """
    frame = counts if "value" in counts.columns else counts.with_columns(value=pl.lit("all"))
    frame = complete_steps(frame, step_of_rule(rule), last_day, zone).filter(pl.col("value") != "")
    parts = [
        _scored(rule, str(value), series)
        for (value,), series in frame.sort("value", "time").group_by("value", maintain_order=True)
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema={**SCORED, "time": frame.schema["time"]})


def detector_options(rule: RuleSettings) -> dict[str, Any]:
    """What `rule` tells its detector: a step without a row was not observed, and counts vary by one voice at least.

    The stream detector takes its tail probability p as the score of an alarm, log10(e / p).
    """
    options: dict[str, Any] = {"min_count": float(rule.min_count), "missing": "gap"}
    if rule.detector == "stream":
        return options | {"threshold": log10(e / rule.tail(1))}
    return options | {"alpha": rule.tail(1)} | ({"min_sigma": 1.0} if rule.detector.startswith("ears") else {})


def _scored(rule: RuleSettings, value: str, series: pl.DataFrame) -> pl.DataFrame:
    total = pl.col("total") if "total" in series.columns else pl.lit(None)
    found = detect(series.drop("value"), rule.detector, detector_options(rule))
    totals = series.select(total=total.cast(pl.Float64))["total"]
    columns = found.with_columns(
        value=pl.lit(value), time=series["time"], total=totals, alarm=pl.col("alarm").cast(pl.Boolean)
    )
    return columns.select(*(pl.col(name).cast(kind) for name, kind in SCORED.items()), "time")
