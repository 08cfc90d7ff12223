"""Which detector suits a series: by the length of its steps and of its history."""

from __future__ import annotations

from analysis.spikes.counts import Counts

_DAY = 86_400
_WEEK = 7 * _DAY
_YEARS_FOR_FARRINGTON = 3
_WEEKS_A_YEAR = 52
_HALF_WINDOW = 3
_DAYS_FOR_DAILY = 35


def chosen(counts: Counts) -> tuple[str, dict[str, int]]:
    """The method for a series, and the options that its history asks for.

    Steps shorter than a day: stream. Days: daily from five weeks on. Weeks, and bare running numbers, which are read as
    weeks: farrington from three years and a half window on, with as many years of the five usual ones as there are.
    Everything else, and what is too short: ears-c2.
    """
    size, step = counts.count.size, counts.step_seconds
    if step is not None and step < _DAY:
        return "stream", {}
    if step == _DAY:
        return ("daily", {}) if size > _DAYS_FOR_DAILY else ("ears-c2", {})
    if step is None or step == _WEEK:
        years = min(5, (size - 1 - _HALF_WINDOW) // _WEEKS_A_YEAR)
        if years >= _YEARS_FOR_FARRINGTON:
            return "farrington", {"years": years}
    return "ears-c2", {}
