"""A monitor beside a poll: whom it is compared with, how sure it can be, and when it must not be."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from opinion_frames import labelled, opinions

from analysis.evidence import gather_evidence
from analysis.polls import PollError, compare
from analysis.polls.compare import among_of, respondents
from analysis.shares import estimate
from storage.records import Comparison, Poll

POLL = Poll(
    "p1",
    "DEMOSCOPE",
    dt.date(2022, 10, 4),
    dt.date(2022, 10, 24),
    "russia",
    "side",
    {"against": 0.3},
    "demos.kz",
    n=1100,
)
ALMATY = ZoneInfo("Asia/Almaty")
FIELD = dt.datetime(2022, 10, 3, 18, tzinfo=dt.UTC)
"""The first instant of the field dates there."""


def compared(poll: Poll, frame: pl.DataFrame | None = None, **options: object) -> list[Comparison]:
    data = opinions() if frame is None else frame
    return list(compare([poll], data, target="russia", model="m", zone=ALMATY, draws=200, **options))  # type: ignore[arg-type]


def test_the_interval_contains_both_errors() -> None:
    (plain,) = compared(POLL, poll_error=PollError(1.0, 0.0))
    (design,) = compared(POLL, poll_error=PollError(2.0, 0.0))
    (full,) = compared(POLL)
    widths = [c.high - c.low for c in (plain, design, full)]  # type: ignore[operator]
    assert widths == sorted(widths)
    assert full.difference == pytest.approx(full.monitor_share - 0.3)  # type: ignore[operator]
    # sqrt(1.5 * 0.3 * 0.7 / 1100 + 0.035**2) = 0.0388, and the monitor's own error on top.
    assert 2 * 1.96 * 0.0388 < widths[2] < 2 * 1.96 * 0.05


@pytest.mark.parametrize(("share", "verdict"), [(0.1, "above"), (0.43, "consistent"), (0.9, "below")])
def test_the_verdict_follows_the_interval(share: float, verdict: str) -> None:
    (found,) = compared(replace(POLL, shares={"against": share}))
    assert found.verdict == verdict
    assert found.p_above is not None
    assert (found.p_above > 0.975) == (verdict == "above")
    assert (found.p_above < 0.025) == (verdict == "below")


def test_shares_of_all_respondents_are_compared_with_all_who_mention() -> None:
    assert among_of(POLL) == "all"
    assert among_of(replace(POLL, shares={"against": 0.22, "neutral": 0.59, "favor": 0.13})) == "all"
    assert among_of(replace(POLL, shares={"against": 0.6, "favor": 0.4})) == "opinionated"
    three = compared(replace(POLL, shares={"against": 0.22, "neutral": 0.59, "favor": 0.13}))
    assert [c.stance for c in three] == ["against", "neutral", "favor"]
    assert sum(c.monitor_share for c in three) == pytest.approx(1)  # type: ignore[misc]


def test_only_people_in_the_field_dates_count() -> None:
    everything = opinions()
    outside = pl.col("posted_at") < dt.datetime(2022, 10, 3, 18, tzinfo=dt.UTC)
    trimmed = everything.filter((pl.col("voice") == "person") & ~outside)
    assert compared(POLL, trimmed) == compared(POLL, everything)


def test_the_size_of_a_poll_is_published_derived_or_assumed() -> None:
    assert respondents(POLL) == (1100, "")
    derived, told = respondents(replace(POLL, n=None, margin=0.03))
    assert derived == pytest.approx(1067, abs=1)
    assert "margin" in told
    (found,) = compared(replace(POLL, n=None))
    assert "1,000 assumed" in found.reason


def test_no_posts_few_authors_and_narratives_are_insufficient_with_their_reason() -> None:
    cases = (
        (compared(POLL, opinions().clear()), "no posts"),
        (compared(POLL, opinions(12)), "suppressed"),
        (compared(POLL, opinions(60)), "effective n"),
        (compared(replace(POLL, narrative="invasion_fear", shares={"agree": 0.3, "disagree": 0.7})), "no narratives"),
    )
    for (found,), told in cases:
        assert found.verdict == "insufficient"
        assert told in found.reason
        assert (found.difference, found.low, found.high, found.p_above) == (None,) * 4
    assert cases[0][0][0].monitor_share is None


def test_a_question_about_a_narrative_is_compared_with_those_who_voice_it() -> None:
    voiced = pl.when(pl.col("author").str.ends_with("1")).then(pl.lit("invasion_fear")).otherwise(pl.lit("sympathy"))
    frame = opinions().with_columns(narratives=pl.concat_list(voiced))
    asked = replace(POLL, narrative="invasion_fear", shares={"disagree": 0.7, "agree": 0.3})
    (found,) = compared(asked, frame)
    assert (found.stance, found.narrative, found.poll_share) == ("agree", "invasion_fear", 0.3)
    assert found.monitor_share is not None
    assert 0.02 < found.monitor_share < 0.3
    assert found.verdict == "below"
    assert "errors of reading narratives" in found.reason


def test_the_probability_of_equivalence_follows_from_the_difference() -> None:
    found = compared(POLL)
    for one in found:
        assert one.p_equivalent is not None
        assert 0 <= one.p_equivalent <= 1
    near = min(found, key=lambda one: abs(one.difference or 0))
    far = max(found, key=lambda one: abs(one.difference or 0))
    assert (near.p_equivalent or 0) >= (far.p_equivalent or 0)


def test_field_dates_with_labels_are_told_by_them_and_others_by_what_they_taught() -> None:
    frame = opinions(6000)
    october = pl.col("posted_at") < dt.datetime(2022, 10, 24, 18, tzinfo=dt.UTC)
    evidence = gather_evidence(frame, labelled(frame, 27, n=400), ALMATY)
    (plain,) = compared(POLL, frame)
    (told,) = compared(POLL, frame, evidence=evidence)
    (later,) = compared(
        replace(POLL, starts=dt.date(2022, 10, 30), ends=dt.date(2022, 11, 5)), frame, evidence=evidence
    )
    assert (plain.method, told.method, later.method) == ("pcc", "ppi++", "emq")

    people = frame.filter(october & (pl.col("voice") == "person") & (pl.col("posted_at") >= FIELD))
    key = pl.concat_str("source", pl.lit("/"), "native_id").alias("post_id")
    same = estimate(people.with_columns(key), evidence.labels, among="all")
    assert told.monitor_share == pytest.approx(same.shares["against"].share, abs=1e-9)
    assert f"by ppi++ from {same.n_labels} labels" in told.reason
    assert told.n_eff == pytest.approx(same.n_eff)
    # What the labels leave open is in the interval of the difference, in its own units.
    own = (same.shares["against"].high - same.shares["against"].low) / (2 * 1.95996)  # type: ignore[operator]
    whole = (own**2 + PollError().standard_error(0.3, 1100) ** 2) ** 0.5
    assert told.high - told.low == pytest.approx(2 * 1.95996 * whole, rel=1e-4)  # type: ignore[operator]


def test_field_dates_of_which_only_a_part_was_drawn_from_are_not_told_by_their_labels() -> None:
    frame = opinions(6000)
    window = {"drawn_from": FIELD, "drawn_until": FIELD + dt.timedelta(days=7)}
    labels = labelled(frame, 7, n=400).with_columns(pl.lit(at).alias(name) for name, at in window.items())
    (found,) = compared(POLL, frame, evidence=gather_evidence(frame, labels, ALMATY))
    assert found.method == "emq"


def test_labels_that_disagree_with_the_model_withhold_field_dates_without_any() -> None:
    frame = opinions(9000, days=88)
    november = frame.filter(pl.col("posted_at") >= dt.datetime(2022, 11, 1, tzinfo=dt.UTC))
    labels = pl.concat([labelled(frame, 28, 400), labelled(november, 50, 300, seed=1, wrong=0.6)])
    evidence = gather_evidence(frame, labels, ALMATY)
    december = replace(POLL, starts=dt.date(2022, 12, 1), ends=dt.date(2022, 12, 20))
    (found,) = compared(december, frame, evidence=evidence)
    assert (found.verdict, found.method, found.monitor_share) == ("insufficient", "drift", None)
    assert "drift alarm" in found.reason


def test_polls_of_other_targets_are_passed_over() -> None:
    assert compared(replace(POLL, target="migrants")) == []
