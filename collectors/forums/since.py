"""Back-filling from a day: which threads were last written in before it, as far as a list of threads tells."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from collectors.batches import RecordError
from collectors.forums.dates import ForumClock, zone_of
from collectors.values import Clock

_MARGIN = dt.timedelta(days=1)


def midnight(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """When the day begins in `zone`."""
    return dt.datetime.combine(day, dt.time.min, zone)


@dataclass(frozen=True, slots=True)
class Since:
    """The first day to read, in the monitor's `zone`. `timezone`: of the forum's times, "" for what the page states."""

    day: dt.date
    zone: ZoneInfo
    timezone: str = ""

    def is_past(self, active: str, stated: str, day_first: bool) -> bool:
        """Whether a thread of which the list says when it was last written in was silent since before the day.

        False where the list does not say, or not understandably; a day is left for zones that are not what they seem.
        """
        now = dt.datetime.now(dt.UTC)
        clock = ForumClock(Clock(self.zone, now + _MARGIN), zone_of(self.timezone, stated, self.zone), day_first)
        try:
            moment = clock.read(active, now) if active else None
        except RecordError:
            return False
        return moment is not None and moment.at < midnight(self.day, self.zone) - _MARGIN
