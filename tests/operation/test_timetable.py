"""When a flow is due: cron in a zone, intervals, clocks that are put forward and back."""

from __future__ import annotations

import datetime as dt
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from configs.schedule import ScheduleSettings
from flows.timetable import Timetable

BERLIN = ZoneInfo("Europe/Berlin")
ALMATY = ZoneInfo("Asia/Almaty")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def instants(due: str, zone: ZoneInfo, after: str, many: int) -> list[str]:
    found = islice(Timetable(due, zone).instants(utc(after)), many)
    return [f"{one:%Y-%m-%dT%H:%M}" for one in found]


def test_cron_is_read_in_the_zone_of_the_monitor() -> None:
    assert instants("0 8 * * mon", ALMATY, "2026-03-01T00:00", 2) == ["2026-03-02T03:00", "2026-03-09T03:00"]


def test_a_fixed_time_in_the_hour_that_is_skipped_is_due_after_it_once() -> None:
    # On 29 March 2026 the clock in Berlin goes from 02:00 to 03:00, which is 01:00 UTC.
    assert instants("30 2 * * *", BERLIN, "2026-03-28T02:00", 3) == [
        "2026-03-29T01:00",
        "2026-03-30T00:30",
        "2026-03-31T00:30",
    ]


def test_a_fixed_time_in_the_hour_that_comes_twice_is_due_once() -> None:
    # On 25 October 2026 it is 02:30 in Berlin twice: at 00:30 and at 01:30 UTC.
    days = instants("30 2 * * *", BERLIN, "2026-10-24T12:00", 2)
    assert days[0] in ("2026-10-25T00:30", "2026-10-25T01:30")
    assert days[1] == "2026-10-26T01:30"


@pytest.mark.parametrize(("after", "hours"), [("2026-03-29T00:00", 24), ("2026-10-25T00:00", 24)])
def test_every_quarter_of_an_hour_is_due_as_often_as_time_passes(after: str, hours: int) -> None:
    begin = utc(after)
    end = begin + dt.timedelta(hours=hours)
    for due in ("*/15 * * * *", "every 15m"):
        assert Timetable(due, BERLIN).count(begin, end) == 4 * hours


def test_what_was_missed_is_counted_and_taken_up_together() -> None:
    table = Timetable("every 1h", ALMATY)
    before, now = utc("2026-01-01T00:10"), utc("2026-01-01T09:00")
    assert table.count(before, now) == 8
    assert table.taken(before, now) == utc("2026-01-01T08:10"), "an interval keeps to its instants"
    assert table.next(table.taken(before, now)) > now
    assert Timetable("0 * * * *", ALMATY).taken(before, now) == now


def test_an_instant_that_comes_again_is_left_out_unless_that_stops_the_flow() -> None:
    noon, daily, often = (
        utc("2026-05-05T12:00"),
        Timetable("0 12 * * *", ZoneInfo("UTC")),
        Timetable("every 1m", BERLIN),
    )
    half_past_eleven = noon - dt.timedelta(minutes=30)
    assert daily.behind_clock(noon, half_past_eleven) == noon
    assert often.behind_clock(noon, half_past_eleven) == half_past_eleven
    assert daily.behind_clock(noon, noon - dt.timedelta(days=400)) == noon - dt.timedelta(days=400)


@pytest.mark.parametrize("due", ["every", "every 0m", "every 5 weeks", "61 * * * *", "* * *", "0 0 31 2 *", ""])
def test_what_is_no_schedule_is_refused(due: str) -> None:
    with pytest.raises(ValueError, match="every 15m"):
        ScheduleSettings(run=due)


def test_a_stage_that_run_does_too_is_refused() -> None:
    with pytest.raises(ValueError, match="`run` does collect too"):
        ScheduleSettings(run="every 1h", collect="every 5m")
    assert ScheduleSettings().plan == {"run": "every 1h", "deliver": "every 1m"}
