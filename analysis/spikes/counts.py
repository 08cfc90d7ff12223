"""A count series as the detectors see it: equally spaced, in order, one count a step.

A step that was not observed is NaN, never 0: a collector that was down is not an absence of posts.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Missing = Literal["refuse", "zero", "gap", "skip"]
TIME_COLUMNS = ("time", "week", "date", "day", "hour", "timestamp")
DAY = 86_400
_DOTTED = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})(\s.*)?")


@dataclass(frozen=True, slots=True)
class Counts:
    """`count` posts (NaN: not observed) of `total` (None: not given) at equally spaced `time`s.

    `seconds` is when each step begins, in seconds since 1970 in the series' own clock; None for a bare running number.
    `given` is False at the steps that the input did not have and that were put in to keep the spacing.
    """

    time: pl.Series
    count: Floats
    total: Floats | None
    seconds: npt.NDArray[np.int64] | None
    given: npt.NDArray[np.bool_]

    @property
    def dated(self) -> bool:
        """Whether the times are calendar dates, not a bare running number."""
        return self.seconds is not None

    @property
    def step_seconds(self) -> float | None:
        """The usual length of a step; None for a bare running number and for a single row."""
        if self.seconds is None or self.seconds.size < 2:
            return None
        return float(np.median(np.diff(self.seconds)))

    def offset(self, asked: bool | None) -> Floats | None:
        """The totals to compare counts with, NaN where a step has none; None where counts themselves are compared.

        `asked` None: where a total is given on a calendar; a bare running number is read as R does. ValueError where an
        offset is asked for and there is no total.
        """
        wanted = asked if asked is not None else self.dated and self.total is not None
        if wanted and self.total is None:
            raise ValueError("offset=true needs a column total")
        return np.where(self.total > 0, self.total, np.nan) if wanted and self.total is not None else None

    def days(self) -> npt.NDArray[np.int64] | None:
        """The day of each step since 1970-01-01 where a step is one day; else None."""
        if self.seconds is None or (self.seconds.size > 1 and (np.diff(self.seconds) != DAY).any()):
            return None
        return self.seconds // DAY


def read_counts(series: pl.DataFrame, missing: Missing = "refuse") -> Counts:
    """The checked form of a frame with a time column (see TIME_COLUMNS), `count` and perhaps `total`.

    Times are whole numbers, ISO dates (2022-10-03), ISO weeks (2022-W40), ISO times (2022-10-03 14:05) or dates with
    the day first (03.10.2022), in any order; names of columns in any case. `missing` says what a skipped step means:
    "refuse" raises, "zero" counts it as 0 posts (only without a total), "gap" as not observed, "skip" takes the rows as
    consecutive steps whatever lies between. In place of `count` a column `value` may hold any finite numbers.
    ValueError names the column and the first row at fault.
    """
    if missing not in ("refuse", "zero", "gap", "skip"):
        raise ValueError(f"missing={missing!r}: allowed are refuse, zero, gap and skip")
    plain = {column: column.strip().lower() for column in series.columns}
    if len(set(plain.values())) == len(plain):
        series = series.rename(plain)
    name = next((column for column in TIME_COLUMNS if column in series.columns), None)
    number = next((column for column in ("count", "value") if column in series.columns), None)
    if name is None or number is None:
        raise ValueError(
            f"a series needs the column count (or value) and one of {', '.join(TIME_COLUMNS)}; found {series.columns}"
        )
    if series.height == 0:
        raise ValueError("the series has no rows")
    steps, dated = _steps(series[name])
    frame = pl.DataFrame({"step": steps, "time": series[name], "count": _numbers(series, number)})
    if "total" in series.columns:
        frame = frame.with_columns(total=_numbers(series, "total"))
        over = frame.filter(pl.col("count") > pl.col("total"))
        if over.height:
            raise ValueError(
                f"count exceeds total at {name} {over['time'][0]}: {over['count'][0]} of {over['total'][0]}"
            )
    return _spaced(frame.sort("step"), dated, missing, name)


def _steps(times: pl.Series) -> tuple[pl.Series, bool]:
    """Whole numbers that grow with time (seconds for dates), and whether they are dates."""
    if times.null_count():
        raise ValueError(f"{times.name} is empty in row {int(times.is_null().arg_true()[0]) + 1}")
    if times.dtype.is_integer():
        return times.cast(pl.Int64), False
    if times.dtype in (pl.Date, pl.Datetime):
        return times.cast(pl.Datetime("us")).dt.epoch("s"), True
    told = [_moment(value, times.name, row) for row, value in enumerate(times.to_list(), 1)]
    moments = [moment for moment in told if isinstance(moment, dt.datetime)]
    if not moments:
        return pl.Series(told, dtype=pl.Int64), False
    if len(moments) < len(told):
        raise ValueError(f"{times.name} mixes whole numbers and dates")
    # Days begin at midnight of their place: in UTC they would be of 23 or 25 hours where its clocks are changed.
    days = all(moment.time() == dt.time.min for moment in moments)
    local = [moment.replace(tzinfo=None) if days else _in_utc(moment) for moment in moments]
    return pl.Series(local, dtype=pl.Datetime("us")).dt.epoch("s"), True


def _moment(value: Any, name: str, row: int) -> dt.datetime | int:
    text = str(value).strip()
    try:
        if text.lstrip("-").isdigit() and len(text) < 8:
            return int(text)
        if "W" in text and len(text) <= 8:
            return dt.datetime.fromisoformat(f"{text}-1")
        if dotted := _DOTTED.fullmatch(text):
            text = f"{dotted[3]}-{dotted[2]}-{dotted[1]}{dotted[4] or ''}"
        return dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{name} in row {row} is {text!r}: allowed are whole numbers, dates (2022-10-03, "
            "03.10.2022), times (2022-10-03 14:05) and ISO weeks (2022-W40)"
        ) from None


def _in_utc(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


def _numbers(series: pl.DataFrame, column: str) -> pl.Series:
    """Counts as floats; empty cells stay null (not observed)."""
    written = series[column].str.strip_chars() if series[column].dtype == pl.String else series[column]
    values = written.cast(pl.Float64, strict=False)
    wrong = (values.is_null() & written.is_not_null() & (written.cast(pl.String) != "")).arg_true()
    if wrong.len():
        row = int(wrong[0])
        raise ValueError(f"{column} in row {row + 1} is {written[row]!r}, not a number; empty means not observed")
    bad = values.is_nan() | values.is_infinite() | ((values < 0) & (column != "value"))
    if bad.fill_null(False).any():
        row = int(bad.fill_null(False).arg_true()[0])
        raise ValueError(f"{column} in row {row + 1} is {values[row]}: a count is a finite number of at least 0")
    return values


def _spaced(frame: pl.DataFrame, dated: bool, missing: Missing, name: str) -> Counts:
    steps = frame["step"].to_numpy()
    gaps = np.diff(steps)
    if (gaps == 0).any():
        raise ValueError(
            f"{name} {frame['time'][int(np.argmin(gaps))]} stands twice in the series: add up the rows of one step, or "
            "give times with their offset from UTC (the hour that comes twice when clocks are put back)"
        )
    if missing == "skip":
        return _filled(frame, dated, np.arange(steps.size), steps, 0.0)
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
    empty = 0.0 if missing == "zero" else np.nan
    return _filled(frame, dated, (steps - steps[0]) // step, steps[0] + step * np.arange(size), empty)


def _filled(
    frame: pl.DataFrame, dated: bool, where: npt.NDArray[np.int64], steps: npt.NDArray[np.int64], empty: float
) -> Counts:
    """The rows of `frame` at the places `where` among all `steps`; elsewhere the count is `empty`."""
    count = np.full(steps.size, empty)
    count[where] = frame["count"].fill_null(float("nan")).to_numpy()
    total = None
    if "total" in frame.columns:
        total = np.full(steps.size, np.nan)
        total[where] = frame["total"].fill_null(float("nan")).to_numpy()
        count[~(total > 0)] = np.nan
    given = np.zeros(steps.size, dtype=bool)
    given[where] = True
    return Counts(frame["time"], count, total, steps if dated else None, given)
