"""All rules together: how many false alarms a month they raise, one alert a cause, and who is told of it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from alerts.counting import complete_steps
from alerts.rules import judge, key_of
from alerts.scoring import detector_options, score
from alerts.series import span_of
from configs.settings import RuleSettings
from storage.records import Alert

UTC = ZoneInfo("UTC")
FIRST = dt.date(2022, 9, 1)
LAST = dt.date(2100, 1, 1)
QUIET = [20, 22, 19, 21, 20, 18, 21, 20, 22, 19, 21, 20]


def rule(name: str, **keys: object) -> RuleSettings:
    return RuleSettings.model_validate({"name": name, "target": "migrants", "detector": "ears-c2", **keys})


def counts(total: int = 1000, **values: list[int]) -> pl.DataFrame:
    rows = [
        (value, FIRST + dt.timedelta(n), count, total)
        for value, series in values.items()
        for n, count in enumerate(series)
    ]
    return pl.DataFrame(rows, schema=["value", "time", "count", "total"], orient="row")


def found(*pairs: tuple[RuleSettings, pl.DataFrame], earlier: list[Alert] | None = None):
    scored = [(one, score(one, frame, last_day=LAST, zone=UTC)) for one, frame in pairs]
    return judge(scored, earlier=earlier or [], zone=UTC)


def test_a_spike_in_the_total_explains_its_parts_and_all_who_watch_them_are_told():
    total, sources = rule("total", recipients=["log"]), rule("sources", group="source", recipients=["duty", "log"])
    (finding,) = found(
        (total, counts(all=[*QUIET, 90, 20])),
        (sources, counts(a=[*QUIET, 70, 20], b=[*QUIET, 20, 20])),
    )
    assert (finding.alert.rule, finding.recipients) == ("total", ("log", "duty"))
    (also,) = finding.alert.explanation["also"]
    assert (also["rule"], also["value"], also["observed"]) == ("sources", "a", 70.0)


def test_where_the_total_is_held_back_its_part_speaks_for_itself():
    total, sources = rule("total"), rule("sources", group="source")
    pairs = [(total, counts(all=[*QUIET, 90, 20])), (sources, counts(a=[*QUIET, 70, 20], b=[*QUIET, 20, 20]))]
    scored = [(one, score(one, frame, last_day=LAST, zone=UTC)) for one, frame in pairs]
    (first,) = judge(scored, zone=UTC)
    (second,) = judge(scored, held={key_of(first.alert)}, zone=UTC)
    assert (second.alert.rule, second.alert.value, second.alert.window) == ("sources", "a", first.alert.window)
    assert judge(scored, held={key_of(first.alert), key_of(second.alert)}, zone=UTC) == []


def test_a_part_that_stands_out_alone_is_an_alert_of_its_own():
    total, sources = rule("total"), rule("sources", group="source")
    (finding,) = found((total, counts(all=[*QUIET, 21])), (sources, counts(a=[*QUIET, 90], b=[*QUIET, 20])))
    assert (finding.alert.rule, finding.alert.value) == ("sources", "a")


def test_the_measures_of_a_target_share_a_cause_and_its_aftermath_is_no_news_to_those_who_know():
    mentions, against = rule("mentions"), rule("against", measure="against")
    late = counts(all=[*QUIET, 21, 20, 19, 90])
    assert [one.alert.rule for one in found((mentions, counts(all=[*QUIET, 90])), (against, late))] == ["mentions"]
    others = against.model_copy(update={"recipients": ("duty",)})
    told = found((mentions, counts(all=[*QUIET, 90])), (others, late))
    assert [one.alert.rule for one in told] == ["mentions", "against"]
    other_target = against.model_copy(update={"target": "russia"})
    assert len(found((mentions, counts(all=[*QUIET, 90])), (other_target, counts(all=[*QUIET, 90])))) == 2


def test_many_quiet_series_raise_as_few_as_they_may():
    """Two rules over 150 series in 600 days on which nothing happens: p-values are uniform."""
    dice = np.random.default_rng(7)
    rules = [rule(f"r{n}", group="source", false_alarms_per_month=0.5, cooldown_days=0) for n in range(2)]
    rules[1] = rules[1].model_copy(update={"target": "russia"})
    times = [FIRST + dt.timedelta(n) for n in range(600)]
    scored = []
    for one in rules:
        p = dice.uniform(size=150 * 600)
        frame = pl.DataFrame(
            {"value": [f"s{n:03}" for n in range(150) for _ in times], "time": times * 150, "p_value": p}
        )
        numbers = {"observed": 50.0, "total": 900.0, "expected": 20.0, "upper": 40.0, "score": 3.0}
        columns = {name: pl.lit(value) for name, value in numbers.items()}
        scored.append((one, frame.with_columns(**columns, alarm=pl.col("p_value") <= one.tail(1))))
    months = 600 / 30.4375
    raised = len(judge(scored, zone=UTC))
    assert raised <= months + 3 * months**0.5, "one a month is allowed, of both together"
    assert raised >= months / 4, "and they are used"


def test_sensitivity_is_said_once():
    with pytest.raises(ValidationError, match="keep false_alarms_per_month"):
        rule("r", alpha=0.001, false_alarms_per_month=0.1)
    assert rule("r", alpha=0.01).tail(10) == 0.01
    assert rule("r").tail(1) == pytest.approx(0.25 / 30.4375)
    assert rule("r", false_alarms_per_month=1).tail(10) == pytest.approx(1 / 30.4375 / 10)
    assert rule("r", false_alarms_per_month=1, detector="farrington").tail(1) == pytest.approx(7 / 30.4375)


def test_a_spike_is_over_when_two_days_are_below_its_bound_and_a_new_level_is_none_after_four_weeks():
    frame = score(rule("r"), counts(all=[*QUIET, 90, 120, 25, 80, 20, 21, 22]), last_day=LAST, zone=UTC)
    span = span_of(frame, FIRST + dt.timedelta(12), "day", UTC)
    assert span.ended == FIRST + dt.timedelta(16)
    assert span.explanation == {"steps_above": 4, "peak": 120.0, "peak_window": "2022-09-14"}
    frame = score(rule("r"), counts(all=[*QUIET, *[90] * 40]), last_day=LAST, zone=UTC)
    span = span_of(frame, FIRST + dt.timedelta(12), "day", UTC)
    assert span.explanation["new_level"] is True
    assert span.ended == FIRST + dt.timedelta(12 + 29)
    frame = score(rule("r"), counts(all=[*QUIET, 90, 20]), last_day=LAST, zone=UTC)
    assert span_of(frame, FIRST + dt.timedelta(12), "day", UTC).ended is None


def test_weeks_are_whole():
    monday = dt.date(2022, 9, 5)
    frame = pl.DataFrame({"time": [monday, monday + dt.timedelta(7)], "value": "all", "count": 5, "total": 50})
    assert complete_steps(frame, "week", monday + dt.timedelta(12), UTC)["time"].to_list() == [monday]
    assert complete_steps(frame, "week", monday + dt.timedelta(13), UTC).height == 2


def test_yearly_weeks_are_judged_by_farrington():
    weeks = [30 + (n * 7) % 9 for n in range(52 * 6)]
    weeks[-1] = 120
    start = dt.date(2016, 1, 4)
    frame = pl.DataFrame(
        {"time": [start + dt.timedelta(weeks=n) for n in range(len(weeks))], "count": weeks, "total": 10_000}
    )
    (finding,) = found((rule("weekly", detector="farrington", false_alarms_per_month=0.1), frame))
    assert finding.alert.window == f"{start + dt.timedelta(weeks=len(weeks) - 1):%G-W%V}"
    assert len(finding.alert.explanation["series"]) == 53


def test_each_detector_is_told_its_sensitivity_in_its_own_words():
    assert detector_options(rule("r", detector="ears-c1")) == {
        "alpha": pytest.approx(0.25 / 30.4375),
        "min_count": 10.0,
        "min_sigma": 1.0,
        "missing": "gap",
    }
    stream = detector_options(rule("r", detector="stream", false_alarms_per_month=1.0))
    assert np.e * 10 ** -stream.pop("threshold") == pytest.approx(1 / 730.5)
    assert stream == {"min_count": 10.0, "missing": "gap"}
    assert detector_options(rule("r", detector="daily", alpha=0.01))["alpha"] == 0.01
