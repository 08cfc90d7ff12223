"""Moments as people type them: a day, a time, or how long from now."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from pikir.cli.output import InputError

_SPAN = re.compile(r"^(\d{1,5})\s*([mhdw])$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, now: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The instant that `text` says: 2026-12-01 (the end of that local day), 2026-12-01T18:00 (local), 90m, 12h, 7d, 2w.

    A time with an offset is taken at its word. InputError says what is allowed.
    """
    if span := _SPAN.match(text.strip()):
        return now + dt.timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        if len(text.strip()) == 10:
            day = dt.date.fromisoformat(text.strip()) + dt.timedelta(days=1)
            return dt.datetime.combine(day, dt.time.min, zone).astimezone(dt.UTC)
        found = dt.datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise InputError(
            f"{text!r} is no time: write a day (2026-12-01), a time (2026-12-01T18:00) or how long (90m, 12h, 7d, 2w)"
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(dt.UTC)
