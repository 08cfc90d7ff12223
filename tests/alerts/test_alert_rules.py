from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import hypothesis
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.counting import daily_counts
from alerts.rules import evaluate, last_complete_day
from configs.settings import RuleSettings
from storage.records import Alert

ZONE = ZoneInfo("Asia/Almaty")
FIRST = dt.date(2022, 9, 1)
RULE = RuleSettings(name="r", target="migrants", detector="ears-c2")


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def series(counts, total=1000, value=None) -> pl.DataFrame:
    frame = pl.DataFrame({"day": [day(i) for i in range(len(counts))], "count": counts})
    frame = frame.with_columns(total=pl.lit(total))
    return frame if value is None else frame.with_columns(value=pl.lit(value))


QUIET = [20, 22, 19, 21, 20, 18, 21, 20, 22, 19, 21, 20]


def windows(alerts: list[Alert]) -> list[str]:
    return [alert.window for alert in alerts]


def test_a_spike_is_one_alert_with_its_numbers():
    (alert,) = evaluate(RULE, series([*QUIET, 90, 20, 21]), last_day=day(14))
    assert (alert.rule, alert.target, alert.group, alert.value) == ("r", "migrants", "all", "all")
    assert (alert.window, alert.measure, alert.observed) == (day(12).isoformat(), "mentions", 90)
    assert 19 < alert.expected < 22
    assert alert.expected < alert.upper < alert.observed
    assert alert.id is None


def test_a_quiet_series_raises_nothing():
    assert evaluate(RULE, series(QUIET * 4), last_day=day(100)) == []


def test_consecutive_alarms_are_one_alert_and_a_later_one_is_another():
    counts = [*QUIET, 90, 120, 200, *QUIET, *QUIET, 95, *QUIET]
    assert windows(evaluate(RULE, series(counts), last_day=day(99))) == [str(day(12)), str(day(12 + 3 + 24))]


@pytest.mark.parametrize(("cooldown", "expected"), [(0, 2), (2, 2), (3, 1)])
def test_alarms_within_the_cooldown_belong_together(cooldown, expected):
    # A second alarm three days after the first: C2 leaves the last two days out of its baseline, so it stands out too.
    rule = RULE.model_copy(update={"cooldown_days": cooldown})
    assert len(evaluate(rule, series([*QUIET, 60, 20, 21, 400, 20]), last_day=day(99))) == expected


def test_days_that_are_not_complete_are_not_judged():
    counts = series([*QUIET, 90])
    assert evaluate(RULE, counts, last_day=day(11)) == []
    assert len(evaluate(RULE, counts, last_day=day(12))) == 1


def test_small_counts_raise_nothing():
    counts = [0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 9]
    assert evaluate(RULE, series(counts), last_day=day(99)) == []
    assert len(evaluate(RULE.model_copy(update={"min_count": 9}), series(counts), last_day=day(99))) == 1


def test_more_posts_in_all_are_no_spike_of_a_target():
    counts = series([*QUIET, 100])
    busy = counts.with_columns(total=pl.when(pl.col("day") == day(12)).then(5000).otherwise(1000))
    assert evaluate(RULE, busy, last_day=day(99)) == []


def test_a_collector_that_was_down_is_neither_a_fall_nor_a_spike_after_it():
    counts = series([*QUIET, *QUIET]).filter(~pl.col("day").is_between(day(14), day(18)))
    assert evaluate(RULE, counts, last_day=day(99)) == []


def test_each_value_of_a_group_is_a_series_and_the_unknown_value_is_none():
    rule = RULE.model_copy(update={"group": "language"})
    frame = pl.concat(
        [series([*QUIET, 90], value="ru"), series([*QUIET, 20], value="kk"), series([*QUIET, 90], value="")]
    )
    assert [(alert.group, alert.value) for alert in evaluate(rule, frame, last_day=day(99))] == [("language", "ru")]


def test_an_earlier_alert_begins_a_cooldown_for_its_own_series_only():
    counts = series([*QUIET, 20, 90])
    stored = Alert("r", "migrants", "all", "all", str(day(12)), "mentions", 50, 20, 30, 4)
    assert evaluate(RULE, counts, last_day=day(99), earlier=[stored]) == []
    other = Alert("other", "migrants", "all", "all", str(day(12)), "mentions", 50, 20, 30, 4)
    assert len(evaluate(RULE, counts, last_day=day(99), earlier=[other])) == 1


@hypothesis.settings(deadline=None, max_examples=20)
@given(counts=st.lists(st.integers(0, 300), min_size=1, max_size=60), cut=st.integers(1, 60))
def test_judging_in_two_runs_finds_what_one_run_finds(counts, cut):
    frame = series(counts)
    whole = evaluate(RULE, frame, last_day=day(99))
    first = evaluate(RULE, frame, last_day=day(cut))
    second = evaluate(RULE, frame, last_day=day(99), earlier=first)
    assert {alert.window for alert in first} | {alert.window for alert in second} == {alert.window for alert in whole}


def test_the_newest_day_is_not_complete_and_a_post_from_the_future_changes_nothing():
    now = dt.datetime(2022, 10, 3, 12, tzinfo=dt.UTC)
    newest = dt.datetime(2022, 9, 30, 20, tzinfo=dt.UTC)  # the first of October in Almaty
    assert last_complete_day(newest, now, ZONE) == dt.date(2022, 9, 30)
    assert last_complete_day(dt.datetime(2100, 1, 1, tzinfo=dt.UTC), now, ZONE) == dt.date(2022, 10, 2)


def opinions(*rows) -> pl.DataFrame:
    columns = ("source", "native_id", "author", "voice", "posted_at", "language", "region", "stance")
    return pl.DataFrame([dict(zip(columns, row, strict=True)) for row in rows])


MORNING = dt.datetime(2022, 9, 1, 5, tzinfo=dt.UTC)
NIGHT = dt.datetime(2022, 9, 1, 20, tzinfo=dt.UTC)  # the second of September in Almaty
POSTS = opinions(
    ("chat", "1", "anna", "person", MORNING, "ru", "", "neutral"),
    ("chat", "2", "anna", "person", MORNING, "ru", "", "against"),
    ("chat", "3", "anna", "person", NIGHT, "ru", "", "favor"),
    ("chat", "4", "", "person", MORNING, "kk", "", "against"),
    ("chat", "5", "", "person", MORNING, "kk", "", "against"),
    ("news", "1", "desk", "outlet", MORNING, "ru", "", "neutral"),
    ("news", "2", "desk", "outlet", MORNING, "ru", "", "against"),
)
TOTALS = pl.DataFrame({"day": [day(0), day(1), day(2)], "value": ["all"] * 3, "posts": [100, 50, 10]})


@pytest.mark.parametrize(
    ("measure", "rows"),
    [
        ("mentions", [(day(0), 5, 100), (day(1), 1, 50), (day(2), 0, 10)]),
        ("against", [(day(0), 4, 5), (day(1), 0, 1), (day(2), 0, 0)]),
        ("favor", [(day(0), 0, 5), (day(1), 1, 1), (day(2), 0, 0)]),
    ],
)
def test_a_person_counts_once_a_day_and_each_post_of_an_outlet_counts(measure, rows):
    frame = daily_counts(POSTS, TOTALS, measure=measure, group="all", zone=ZONE)
    assert frame.select("day", "count", "total").rows() == rows


def test_counts_by_group():
    totals = pl.DataFrame({"day": [day(0)] * 2, "value": ["kk", "ru"], "posts": [1, 100]})
    frame = daily_counts(POSTS, totals, measure="mentions", group="language", zone=ZONE)
    # The part is never larger than the whole, whatever was deleted between two readings.
    assert frame.rows() == [("kk", day(0), 2, 2), ("ru", day(0), 3, 100)]


def test_no_opinions_are_counts_of_zero():
    frame = daily_counts(POSTS.clear(), TOTALS, measure="mentions", group="all", zone=ZONE)
    assert frame["count"].to_list() == [0, 0, 0]
