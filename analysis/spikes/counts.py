"""A count series as the detectors see it: equally spaced, in order, one count a step.

A step that was not observed is NaN, never 0: a collector that was down is not an absence of posts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Missing = Literal["refuse", "zero", "gap"]
TIME_COLUMNS = ("time", "week", "date", "day")


@dataclass(frozen=True, slots=True)
class Counts:
    """`count` posts (NaN: not observed) of `total` (None: not given) at equally spaced `time`s.

    `dated` tells calendar dates from a bare running number. `given` is False at the steps that the
    input did not have and that were put in to keep the spacing.
    """

    time: pl.Series
    count: Floats
    total: Floats | None
    dated: bool
    given: npt.NDArray[np.bool_]


def read_counts(series: pl.DataFrame, missing: Missing = "refuse") -> Counts:
    """The checked form of a frame with a time column (time, week, date or day), `count` and perhaps `total`.

    Times are whole numbers, ISO dates (2022-10-03) or ISO weeks (2022-W40); any order. `missing`
    says what a skipped step means: "refuse" raises, "zero" counts it as 0 posts (only without a
    total), "gap" as not observed. ValueError names the column and the first row at fault.
    """
    if missing not in ("refuse", "zero", "gap"):
        raise ValueError(f"missing={missing!r}: allowed are refuse, zero and gap")
    name = next((column for column in TIME_COLUMNS if column in series.columns), None)
    if name is None or "count" not in series.columns:
        raise ValueError(
            f"a series needs the column count and one of {', '.join(TIME_COLUMNS)}; found {series.columns}"
        )
    if series.height == 0:
        raise ValueError("the series has no rows")
    steps, dated = _steps(series[name])
    frame = pl.DataFrame({"step": steps, "time": series[name], "count": _numbers(series, "count")})
    if "total" in series.columns:
        frame = frame.with_columns(total=_numbers(series, "total"))
        over = frame.filter(pl.col("count") > pl.col("total"))
        if over.height:
            raise ValueError(
                f"count exceeds total at {name} {over['time'][0]}: {over['count'][0]} of {over['total'][0]}"
            )
    return _spaced(frame.sort("step"), dated, missing, name)


def _steps(times: pl.Series) -> tuple[pl.Series, bool]:
    """Whole numbers that grow with time (days for dates), and whether they are dates."""
    if times.null_count():
        raise ValueError(f"{times.name} is empty in row {int(times.is_null().arg_true()[0]) + 1}")
    if times.dtype.is_integer():
        return times.cast(pl.Int64), False
    if times.dtype in (pl.Date, pl.Datetime):
        return times.cast(pl.Date).to_physical().cast(pl.Int64), True
    days = [_day(value, times.name, row) for row, value in enumerate(times.to_list(), 1)]
    if all(isinstance(day, int) for day in days):
        return pl.Series(days, dtype=pl.Int64), False
    if any(isinstance(day, int) for day in days):
        raise ValueError(f"{times.name} mixes whole numbers and dates")
    return pl.Series(days, dtype=pl.Date).to_physical().cast(pl.Int64), True


def _day(value: Any, name: str, row: int) -> dt.date | int:
    text = str(value).strip()
    try:
        if text.lstrip("-").isdigit() and len(text) < 8:
            return int(text)
        if "W" in text and len(text) <= 8:
            return dt.date.fromisoformat(f"{text}-1")
        return dt.datetime.fromisoformat(text).date()
    except ValueError:
        raise ValueError(
            f"{name} in row {row} is {text!r}: allowed are whole numbers, dates (2022-10-03) and ISO weeks (2022-W40)"
        ) from None


def _numbers(series: pl.DataFrame, column: str) -> pl.Series:
    """Counts as floats; empty cells stay null (not observed)."""
    try:
        values = series[column].cast(pl.Float64, strict=True)
    except pl.exceptions.InvalidOperationError as error:
        raise ValueError(f"{column} holds something that is not a number: {error}") from None
    bad = (values.is_nan() | values.is_infinite() | (values < 0)).fill_null(False)
    if bad.any():
        row = int(bad.arg_true()[0])
        raise ValueError(f"{column} in row {row + 1} is {values[row]}: a count is a finite number of at least 0")
    return values


def _spaced(frame: pl.DataFrame, dated: bool, missing: Missing, name: str) -> Counts:
    steps = frame["step"].to_numpy()
    gaps = np.diff(steps)
    if (gaps == 0).any():
        raise ValueError(f"{name} {frame['time'][int(np.argmin(gaps))]} stands twice in the series")
    step = int(gaps.min()) if gaps.size else 1
    if (gaps % step).any():
        place = frame["time"][int(np.argmax(gaps % step != 0)) + 1]
        raise ValueError(f"{name} is not equally spaced: the smallest step is {step}, and {name} {place} breaks it")
    size = int((steps[-1] - steps[0]) // step) + 1
    if size > 200_000:
        raise ValueError(f"{name} spans {size} steps; a series holds at most 200,000")
    if size > len(steps) and missing == "refuse":
        place = int(np.argmax(gaps > step))
        raise ValueError(
            f"{size - len(steps)} steps are missing, the first after {name} {frame['time'][place]}: "
            "give them with count 0, or say missing=zero (no posts) or missing=gap (not observed)"
        )
    if missing == "zero" and "total" in frame.columns and size > len(steps):
        raise ValueError("missing=zero needs a series without total: a step without any post at all is missing=gap")
    where = (steps - steps[0]) // step
    count = np.full(size, 0.0 if missing == "zero" else np.nan)
    count[where] = frame["count"].fill_null(float("nan")).to_numpy()
    total = None
    if "total" in frame.columns:
        total = np.full(size, np.nan)
        total[where] = frame["total"].fill_null(float("nan")).to_numpy()
        count[~(total > 0)] = np.nan
    given = np.zeros(size, dtype=bool)
    given[where] = True
    return Counts(frame["time"], count, total, dated, given)
