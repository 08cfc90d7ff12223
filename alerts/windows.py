"""The window of an alert: one local day (2022-09-21), ISO week (2022-W38) or hour (2022-09-21T14)."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from zoneinfo import ZoneInfo

from storage.records import Alert

Step = Literal["day", "week", "hour"]
_DAY = dt.timedelta(days=1)


def step_of(window: str) -> Step:
    """Which kind of window this is."""
    return "week" if "W" in window else "hour" if "T" in window else "day"


def window_of(time: dt.date | dt.datetime | str, step: Step) -> str:
    """The window that begins at a local time."""
    if isinstance(time, str):
        time = dt.datetime.fromisoformat(time)
    if step == "hour":
        return f"{time:%Y-%m-%dT%H}"
    day = time.date() if isinstance(time, dt.datetime) else time
    return f"{day:%G-W%V}" if step == "week" else day.isoformat()


def first_day(alert: Alert) -> dt.date:
    """The local day on which the alert's window begins. ValueError for a window that is none."""
    return dt.date.fromisoformat(f"{alert.window}-1" if step_of(alert.window) == "week" else alert.window[:10])


def last_day(alert: Alert) -> dt.date:
    """The local day on which the alert's window ends."""
    return first_day(alert) + (6 * _DAY if step_of(alert.window) == "week" else dt.timedelta())


def hour_of(alert: Alert) -> int | None:
    """The local hour of an alert about an hour; None for a day or week."""
    return int(alert.window[11:13]) if step_of(alert.window) == "hour" else None


def start_of(alert: Alert, zone: ZoneInfo) -> dt.date | dt.datetime:
    """The time at which the window begins, as series count it: a local date, or an hour's instant in UTC."""
    hour = hour_of(alert)
    if hour is None:
        return first_day(alert)
    return dt.datetime.combine(first_day(alert), dt.time(hour), zone).astimezone(dt.UTC)
