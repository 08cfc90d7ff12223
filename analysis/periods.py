"""Days, ISO weeks and months as the monitor's zone cuts them.

A period is named 2022-10-03 (day), 2022-W40 (ISO week) or 2022-10 (month).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

from storage.records import Period


class Days(NamedTuple):
    """Whole local days, both ends included."""

    first: dt.date
    last: dt.date


def period_of(day: dt.date, by: Period) -> str:
    """The name of the period that a local day falls in."""
    if by == "day":
        return day.isoformat()
    if by == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    if by == "month":
        return f"{day.year:04d}-{day.month:02d}"
    raise ValueError(f"by={by!r}: allowed are day, week and month")


def period_days(period: str) -> Days:
    """The days of a named period. ValueError, naming the forms, for anything else."""
    try:
        if re.fullmatch(r"\d{4}-W\d{2}", period):
            first = dt.date.fromisoformat(f"{period}-1")
            return Days(first, first + dt.timedelta(days=6))
        if re.fullmatch(r"\d{4}-\d{2}", period):
            first = dt.date.fromisoformat(f"{period}-01")
            return Days(first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1))
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", period):
            first = dt.date.fromisoformat(period)
            return Days(first, first)
    except ValueError:
        pass
    raise ValueError(f"no period {period!r}: allowed are 2022-10-03 (day), 2022-W40 (ISO week) and 2022-10 (month)")


def period_bounds(period: str, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """The UTC instants [start, end) of a named period in a zone; a post at `end` belongs to the next."""
    days = period_days(period)
    return _midnight(days.first, zone), _midnight(days.last + dt.timedelta(days=1), zone)


def periods_between(first: dt.date, last: dt.date, by: Period) -> list[str]:
    """Every period that touches the days from `first` to `last`, in order; empty where last < first."""
    periods: list[str] = []
    while first <= last:
        periods.append(period_of(first, by))
        first = period_days(periods[-1]).last + dt.timedelta(days=1)
    return periods


def is_complete(period: str, horizon: Days) -> bool:
    """Whether every day of the period lies within the days that data were collected for."""
    days = period_days(period)
    return horizon.first <= days.first and days.last <= horizon.last


def _midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=zone).astimezone(dt.UTC)
