"""When a flow is due: the instants of a cron expression in a time zone, or of an interval."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

from configs.schedule import interval_of


@dataclass(frozen=True, slots=True)
class Timetable:
    """The instants at which a flow is due, in UTC. `due` as `configs.schedule` allows it.

    A cron expression is read in `zone`, as Debian's cron reads it: where the clock is put forward over a fixed time,
    the flow is due at once after the gap; where it is put back, a fixed time is due once and `*/15` as often as time
    passes. An interval counts from the instant that it is asked from, whatever the clock on the wall does.
    """

    due: str
    zone: ZoneInfo

    def instants(self, after: dt.datetime) -> Iterator[dt.datetime]:
        """The instants after `after`, which is one of them where `due` is an interval."""
        interval = interval_of(self.due)
        if interval:
            while True:
                after += interval
                yield after
        for moment in CronSim(self.due, after.astimezone(self.zone)):
            yield moment.astimezone(dt.UTC)

    def next(self, after: dt.datetime) -> dt.datetime:
        """The first instant after `after`."""
        return next(self.instants(after))

    def count(self, after: dt.datetime, until: dt.datetime, most: int = 1000) -> int:
        """How many instants lie in (after, until], counted up to `most`."""
        return sum(1 for _ in islice(self._until(after, until), most))

    def taken(self, after: dt.datetime, now: dt.datetime) -> dt.datetime:
        """From where to go on once everything up to `now` is taken up: an interval keeps to its instants."""
        interval = interval_of(self.due)
        return after + (now - after) // interval * interval if interval else now

    def behind_clock(self, taken: dt.datetime, now: dt.datetime) -> dt.datetime:
        """From where to go on at `now`, where `taken` may lie ahead because the clock was set back.

        An instant that comes a second time is left out, unless that would stop the flow for longer than twice its
        spacing: then the schedule begins anew at `now`.
        """
        if taken <= now:
            return taken
        coming, following = islice(self.instants(taken), 2)
        return taken if coming - now <= 2 * (following - coming) else now

    def _until(self, after: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
        for moment in self.instants(after):
            if moment > until:
                return
            yield moment
