"""When a message may leave: quiet hours, what is urgent, and how long to wait after a failure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from configs.settings import DeliverySettings, TellingSettings
from storage.records import Alert

_DAY = dt.timedelta(days=1)
JITTER = 0.1


def due_at(alert: Alert, rule: TellingSettings, now: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    """When a message about `alert` may leave: None for at once, else the end of the quiet hours that `now` lies in."""
    return None if is_urgent(alert, rule) else quiet_until(rule, now, zone)


def is_urgent(alert: Alert, rule: TellingSettings) -> bool:
    """Whether the alert passes quiet hours: its count is `urgent_at` times the bound or more."""
    return rule.urgent_at is not None and alert.kind == "opinion" and alert.observed >= rule.urgent_at * alert.upper


def quiet_until(rule: TellingSettings, now: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    """The instant, in UTC, at which the quiet hours around `now` end; None where it is not quiet.

    The span is local time of day: its first minute is quiet, its last is not. Where the clock is put forward over the
    end, it ends when that time would have been, or with the next span where that has begun by then.
    """
    span = rule.quiet_span
    if span is None:
        return None
    begins, ends = span
    local = now.astimezone(zone)
    time, day = local.time(), local.date()
    if begins < ends:
        quiet = begins <= time < ends
    else:
        quiet = time >= begins or time < ends
        day += _DAY if time >= begins else dt.timedelta()
    if not quiet:
        return None
    end = dt.datetime.combine(day, ends, zone).astimezone(dt.UTC)
    return quiet_until(rule, end, zone) or end


def wait_after(failures: int, delivery: DeliverySettings, draw: Callable[[], float]) -> dt.timedelta:
    """How long to wait after so many failures (1, 2, …): doubling, at most the longest, a tenth more or less.

    `draw` gives numbers in [0, 1), so that many recipients do not come back to one server at the same instant.
    """
    seconds = min(delivery.first_wait_seconds * 2.0 ** min(failures - 1, 60), delivery.longest_wait_hours * 3600)
    return dt.timedelta(seconds=seconds * (1 + JITTER * (2 * draw() - 1)))
