"""Outages put together from volumes, gaps and failed readings; each is told once, several of one day as one cause."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import hypothesis
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.coverage import coverage_alerts, outage_end
from alerts.outages import Outage, find_outages, incomplete_days, suspects
from storage.records import SourceState

ZONE = ZoneInfo("Asia/Almaty")
FIRST = dt.date(2022, 9, 1)


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(number)


def at(number: int) -> dt.datetime:
    return dt.datetime.combine(day(number), dt.time(12), ZONE)


def judged(days: int = 40, low: tuple[int, ...] = (), source: str = "chat") -> pl.DataFrame:
    rows = [(source, day(n), 0.0 if n in low else 20.0, 20.0, n in low) for n in range(days)]
    return pl.DataFrame(rows, schema=["source", "day", "posts", "expected", "low"], orient="row")


def found(frame, missing=None, states=(), yesterday=39):
    return find_outages(frame, missing or {}, states, missing_share=0.25, yesterday=day(yesterday), zone=ZONE)


def test_consecutive_days_are_one_outage_and_the_last_day_says_that_it_lasts():
    one, other = found(judged(low=(20, 21, 38, 39)))
    assert (one.first, one.last, one.observed, one.expected, one.lasts) == (day(20), day(21), 0, 40, False)
    assert (other.trouble, other.first, other.lasts) == ("silent", day(38), True)


def test_a_fall_is_no_silence():
    frame = judged(low=(20,)).with_columns(posts=pl.when("low").then(3.0).otherwise("posts"))
    assert [one.trouble for one in found(frame)] == ["fell"]


def test_gaps_count_beside_what_the_source_usually_lacks():
    # A third of the ids of every day is missing: a chat with a strict moderator. One day lacks two thirds.
    missing = {("chat", day(n)): 10 for n in range(40)}
    assert found(judged(), missing) == []
    (one,) = found(judged(), missing | {("chat", day(30)): 40})
    assert (one.trouble, one.first, one.last) == ("gaps", day(30), day(30))
    assert found(judged(), {("chat", day(30)): 9}) == [], "nine ids are too few to tell"


@pytest.mark.parametrize(
    ("state", "complete", "first"),
    [("failed", 35, 35), ("unavailable", None, 39), ("failed", 60, 39)],
)
def test_a_failed_reading_makes_the_days_since_the_last_whole_one_incomplete(state, complete, first):
    read = None if complete is None else at(complete)
    (one,) = found(judged(), states=[SourceState("chat", state, "gone", 2, complete_at=read)])
    assert (one.trouble, one.first, one.last, one.lasts, one.detail) == (state, day(first), day(39), True, "gone")
    assert found(judged(), states=[SourceState("chat", "waiting"), SourceState("other", "ok")]) == []


def test_a_source_that_never_gave_a_post_is_out_all_the_same():
    (one,) = found(judged(), states=[SourceState("new", "unavailable", "private", 1)])
    assert (one.source, one.first, one.expected) == ("new", day(39), 0.0)


def test_a_spike_is_suspect_for_four_weeks_after_an_outage():
    days = incomplete_days([Outage("chat", "silent", day(5), day(6), 0, 40, False)])
    assert days == {"chat": {day(5), day(6)}}
    assert suspects(days, day(34), day(34)) == {"chat"}
    assert suspects(days, day(35), day(35)) == suspects(days, day(3), day(4)) == frozenset()


def test_an_alert_ends_when_all_its_sources_are_whole():
    outages = [Outage(f"s{n}", "silent", day(5), day(6 + n), 0, 40, n == 4) for n in range(5)]
    (alert,) = coverage_alerts(outages, "coverage", [])
    assert (alert.value, alert.ended) == ("s0 +4", None)
    assert outage_end(alert, outages, day(20)) is None
    whole = [replace(one, lasts=False) for one in outages]
    assert outage_end(alert, whole, day(20)) == day(11)
    assert outage_end(alert, [], day(20)) == day(20)


OUTAGES = st.lists(
    st.builds(
        lambda source, first, length, lasts: Outage(
            source, "silent", day(first), day(first + length), 0.0, 20.0, lasts
        ),
        st.sampled_from("abcdefg"),
        st.integers(0, 30),
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=12,
)


@hypothesis.settings(deadline=None, max_examples=80)
@given(OUTAGES)
def test_every_outage_is_in_one_alert_and_none_is_told_twice(outages):
    alerts = coverage_alerts(outages, "coverage", [])
    named = [(entry["source"], entry["first"]) for alert in alerts for entry in alert.explanation["sources"]]
    assert sorted(named) == sorted((one.source, one.first.isoformat()) for one in outages)
    assert coverage_alerts(outages, "coverage", alerts) == []
