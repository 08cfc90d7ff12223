"""Quiet hours in the monitor's time zone, and what passes them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.timing import due_at, is_urgent, quiet_until
from configs.settings import CoverageSettings, RuleSettings
from storage.records import Alert

ZONE = ZoneInfo("Asia/Almaty")
NIGHT = RuleSettings(name="r", target="migrants", quiet_hours="22:00-08:00", urgent_at=3)
NOON = RuleSettings(name="r", target="migrants", quiet_hours="12:30 - 14:00")


def local(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 1, day, hour, minute, tzinfo=ZONE)


def an_alert(observed: float, kind: str = "opinion") -> Alert:
    return Alert("r", "migrants", "all", "all", "2026-01-01", "mentions", observed, 10, 20, 3, kind=kind)


@pytest.mark.parametrize(
    ("rule", "now", "until"),
    [
        (NIGHT, local(5, 21, 59), None),
        (NIGHT, local(5, 22), local(6, 8)),
        (NIGHT, local(6, 0), local(6, 8)),
        (NIGHT, local(6, 7, 59), local(6, 8)),
        (NIGHT, local(6, 8), None),
        (NOON, local(6, 12, 29), None),
        (NOON, local(6, 12, 30), local(6, 14)),
        (NOON, local(6, 14), None),
        (RuleSettings(name="r", target="migrants"), local(6, 3), None),
    ],
)
def test_quiet_hours_are_local_and_may_span_midnight(rule, now, until):
    assert quiet_until(rule, now.astimezone(dt.UTC), ZONE) == until


def test_what_is_urgent_passes_them_and_an_outage_never_does():
    night = local(6, 2)
    assert due_at(an_alert(59), NIGHT, night, ZONE) == local(6, 8)
    assert due_at(an_alert(60), NIGHT, night, ZONE) is None
    assert not is_urgent(an_alert(60), NIGHT.model_copy(update={"urgent_at": None}))
    coverage = CoverageSettings(quiet_hours="22:00-08:00", urgent_at=1)
    assert due_at(an_alert(60, "coverage"), coverage, night, ZONE) == local(6, 8)


@pytest.mark.parametrize("text", ["22-8", "22:00", "24:00-08:00", "08:00-08:00", "ночью", "22:00-08:60", "22:00–08:00"])
def test_a_span_that_is_none_is_refused(text):
    with pytest.raises(ValidationError, match="two different times of day"):
        RuleSettings(name="r", target="migrants", quiet_hours=text)


MINUTES = st.integers(0, 24 * 60 - 1)


@hypothesis.settings(deadline=None)
@hypothesis.example(begins=121, ends=120, now=0, zone="Europe/Berlin").via(
    "the clock is put forward over the only loud minute"
)
@given(begins=MINUTES, ends=MINUTES, now=MINUTES, zone=st.sampled_from(["Asia/Almaty", "Europe/Berlin", "UTC"]))
def test_the_end_is_near_ahead_and_not_quiet_itself(begins, ends, now, zone):
    hypothesis.assume(begins != ends)
    text = f"{begins // 60:02}:{begins % 60:02}-{ends // 60:02}:{ends % 60:02}"
    rule = RuleSettings(name="r", target="migrants", quiet_hours=text)
    moment = dt.datetime(2026, 3, 29, now // 60, now % 60, tzinfo=ZoneInfo(zone))
    until = quiet_until(rule, moment, ZoneInfo(zone))
    if until is not None:
        assert dt.timedelta() <= until - moment.astimezone(dt.UTC) <= dt.timedelta(hours=26)
        assert quiet_until(rule, until, ZoneInfo(zone)) is None
    else:
        assert quiet_until(rule, moment + dt.timedelta(days=1), ZoneInfo(zone)) is None
