"""Windows of days, weeks and hours, and counts by them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from alerts.counting import complete_steps, step_counts
from alerts.windows import first_day, last_day, start_of, step_of, window_of
from storage.records import Alert

ZONE = ZoneInfo("Asia/Almaty")


def about(window: str) -> Alert:
    return Alert("r", "t", "all", "all", window, "mentions", 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("time", "step", "window", "first", "last"),
    [
        (dt.date(2022, 9, 21), "day", "2022-09-21", dt.date(2022, 9, 21), dt.date(2022, 9, 21)),
        (dt.date(2021, 1, 1), "week", "2020-W53", dt.date(2020, 12, 28), dt.date(2021, 1, 3)),
        (dt.datetime(2022, 9, 21, 4), "hour", "2022-09-21T04", dt.date(2022, 9, 21), dt.date(2022, 9, 21)),
        ("2022-09-21", "day", "2022-09-21", dt.date(2022, 9, 21), dt.date(2022, 9, 21)),
    ],
)
def test_a_window_knows_its_days(time, step, window, first, last):
    assert window_of(time, step) == window
    assert step_of(window) == step
    assert (first_day(about(window)), last_day(about(window))) == (first, last)


def test_the_start_of_an_hour_is_an_instant():
    assert start_of(about("2022-09-21T04"), ZONE) == dt.datetime(2022, 9, 20, 22, tzinfo=dt.UTC)
    assert start_of(about("2022-W38"), ZONE) == dt.date(2022, 9, 19)


def posts(*rows: tuple[str, int, int]) -> pl.DataFrame:
    """From (author, day of September, local hour)."""
    return pl.DataFrame(
        [
            {
                "source": "chat",
                "native_id": str(n),
                "author": author,
                "voice": "person",
                "posted_at": dt.datetime(2022, 9, day, hour, 30, tzinfo=ZONE).astimezone(dt.UTC),
                "language": "ru",
                "region": "",
                "stance": "against",
            }
            for n, (author, day, hour) in enumerate(rows)
        ]
    )


def test_a_person_counts_once_a_step_whatever_its_length():
    said = posts(("a", 19, 1), ("a", 19, 1), ("a", 19, 2), ("a", 20, 1), ("b", 25, 23), ("a", 26, 0))
    days = pl.DataFrame({"time": [dt.date(2022, 9, d) for d in (19, 20, 25, 26)], "value": "all", "posts": 10})
    weeks = step_counts(said, days, measure="mentions", group="all", zone=ZONE, step="week")
    assert weeks.rows() == [("all", dt.date(2022, 9, 19), 2, 30), ("all", dt.date(2022, 9, 26), 1, 10)]
    hours = said.select(time=pl.col("posted_at").dt.truncate("1h"), value=pl.lit("all"), posts=pl.lit(5)).unique("time")
    hourly = step_counts(said, hours, measure="against", group="all", zone=ZONE, step="hour")
    assert hourly["count"].to_list() == [1, 1, 1, 1, 1]
    assert hourly["time"][0] == dt.datetime(2022, 9, 18, 19, tzinfo=dt.UTC)
    assert complete_steps(hourly, "hour", dt.date(2022, 9, 25), ZONE).height == 4
