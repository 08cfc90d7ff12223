"""The house effect, changes between polls, and who moves first."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from analysis.polls import PollError, adjusted, equivalence, house_effect, lead_lag, poll_changes, question_of
from storage.records import Comparison, Poll

DAY = dt.date(2022, 1, 15)


def comparison(month: int, difference: float | None, poll_share: float = 0.4, error: float = 0.04) -> Comparison:
    starts = DAY.replace(month=month)
    known = difference is not None
    return Comparison(
        poll=f"poll-{month}",
        target="russia",
        stance="against",
        starts=starts,
        ends=starts + dt.timedelta(days=10),
        model="m",
        monitor_share=poll_share + difference if difference is not None else None,
        poll_share=poll_share,
        difference=difference,
        low=difference - 1.96 * error if difference is not None else None,
        high=difference + 1.96 * error if difference is not None else None,
        p_above=0.5 if known else None,
        n_authors=200,
        n_eff=150.0,
        verdict="consistent" if known else "insufficient",
        reason="" if known else "no posts of people in the field dates",
    )


def poll(month: int, share: float, question: str = "who do you support") -> Poll:
    starts = DAY.replace(month=month)
    ends = starts + dt.timedelta(days=10)
    return Poll(
        f"poll-{month}", "p", starts, ends, "russia", question, {"against": share, "favor": 0.3}, "here", n=1100
    )


def test_without_polls_the_house_effect_is_its_prior() -> None:
    found = house_effect([], [])
    assert found.effect == 0
    assert found.sd == pytest.approx(0.105, abs=0.01)
    assert found.provisional


def test_polls_that_agree_settle_it_and_one_poll_is_shrunk() -> None:
    many = house_effect([0.15] * 8, [0.03] * 8)
    one = house_effect([0.15], [0.05])
    assert many.effect == pytest.approx(0.15, abs=0.012)
    assert 0.08 < one.effect < 0.135
    assert many.sd < one.sd
    assert not many.provisional


def test_its_interval_holds_the_next_offset_as_often_as_it_says() -> None:
    dice = np.random.default_rng(0)
    held = []
    for _ in range(400):
        effect, wander, polls = dice.normal(0, 0.1), abs(dice.normal(0, 0.03)), int(dice.integers(1, 8))
        own = effect + dice.normal(0, wander, polls + 1)
        seen = own[:-1] + dice.normal(0, 0.04, polls)
        low, high = house_effect(seen.tolist(), [0.04] * polls).interval(0.95)
        held.append(low <= own[-1] <= high)
    assert 0.925 <= np.mean(held) <= 0.98


def test_a_comparison_is_adjusted_by_the_polls_before_it_alone() -> None:
    first, second, third = adjusted([comparison(1, 0.2), comparison(4, 0.2), comparison(8, -0.5)])
    assert (first.house, first.house_polls) == (None, 0)
    assert second.house == pytest.approx(0.17, abs=0.03)
    assert third.house_polls == 2
    assert third.house is not None
    assert third.house > 0.15, "the poll itself does not enter"
    assert third.adjusted_difference == pytest.approx(-0.5 - third.house)
    assert third.adjusted_share == 0.0, "a share ends at 0"
    (alone,) = adjusted([comparison(3, None)])
    assert alone.house is None


def test_changes_are_of_one_question_and_free_of_what_persists() -> None:
    polls = [poll(1, 0.40), poll(4, 0.50), poll(8, 0.50, question="another one")]
    compared = [comparison(1, 0.2, 0.40), comparison(4, 0.2, 0.50), comparison(8, 0.2, 0.50)]
    (change,) = poll_changes(polls, compared, poll_error=PollError())
    assert (change.earlier, change.poll, change.verdict) == ("poll-1", "poll-4", "consistent")
    assert change.poll_change == pytest.approx(0.10)
    assert change.difference == pytest.approx(0.0)
    assert change.high is not None
    assert change.high < 1.96 * np.sqrt(2) * 0.04, "less than two levels compared by themselves"


def test_a_change_without_the_monitor_says_why() -> None:
    (change,) = poll_changes([poll(1, 0.4), poll(4, 0.5)], [comparison(1, 0.1), comparison(4, None)])
    assert change.verdict == "insufficient"
    assert change.reason == "no posts of people in the field dates"
    assert change.monitor_change is None


def test_a_share_without_labels_says_nothing_of_one_that_they_correct() -> None:
    plain = [replace(comparison(month, 0.2), method="pcc") for month in (1, 4)]
    corrected = [replace(comparison(month, 0.05), method=method) for month, method in ((7, "ppi++"), (10, "emq"))]
    _, second, third, last = adjusted([*plain, *corrected])
    assert (second.house_polls, third.house_polls, last.house_polls) == (1, 0, 1)
    assert last.house is not None
    assert abs(last.house) < 0.06
    polls = [poll(month, 0.4) for month in (1, 4, 7, 10)]
    changes = {one.poll: one for one in poll_changes(polls, [*plain, *corrected])}
    assert changes["poll-4"].verdict == changes["poll-10"].verdict == "consistent"
    assert changes["poll-7"].verdict == "insufficient"
    assert changes["poll-7"].reason.startswith("told by pcc and ppi++")


def walk(seed: int, weeks: int = 120) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(0.4 + np.cumsum(np.random.default_rng(seed).normal(0, 0.02, weeks)))


def test_a_monitor_that_is_three_weeks_ahead_is_found_and_placebos_are_not_like_it() -> None:
    level = walk(0)
    weeks = [dt.date(2022, 1, 3) + dt.timedelta(weeks=week) for week in range(120)]
    told = [(weeks[place] + dt.timedelta(days=2), float(level[place - 3])) for place in range(10, 115, 6)]
    found = lead_lag("russia", "against", told, weeks, level, {"migrants": walk(9)}, draws=300)
    assert found.weeks == 3
    assert found.correlation == pytest.approx(1.0, abs=0.01)
    assert found.low is not None
    assert found.low > 0.9
    assert found.p_placebo is not None
    assert found.p_placebo < 0.05


def test_chance_is_not_called_a_lead() -> None:
    weeks = [dt.date(2022, 1, 3) + dt.timedelta(weeks=week) for week in range(120)]
    other = walk(5)
    told = [(weeks[place], float(other[place])) for place in range(10, 115, 10)]
    found = lead_lag("russia", "against", told, weeks, walk(6), {}, draws=300)
    assert found.p_placebo is not None
    assert found.p_placebo > 0.05


def test_two_polls_are_insufficient() -> None:
    weeks = [dt.date(2022, 1, 3) + dt.timedelta(weeks=week) for week in range(20)]
    found = lead_lag("russia", "against", [(weeks[1], 0.3), (weeks[9], 0.4)], weeks, walk(0, 20), {})
    assert found.correlation is None
    assert found.reason == "insufficient: polls 2, three are needed"


def test_three_polls_give_a_figure_and_no_certainty() -> None:
    level = walk(0)
    weeks = [dt.date(2022, 1, 3) + dt.timedelta(weeks=week) for week in range(120)]
    told = [(weeks[place], float(level[place])) for place in (20, 50, 80)]
    found = lead_lag("russia", "against", told, weeks, level, {}, draws=200)
    assert found.correlation is not None
    assert found.correlation > 0.99
    assert (found.low, found.high, found.weeks_low, found.weeks_high) == (-1.0, 1.0, -8, 8)
    assert found.reason.startswith("only 2 changes; ")


def test_the_monitors_own_blocks_rarely_do_as_well_only_where_there_is_something() -> None:
    weeks = [dt.date(2022, 1, 3) + dt.timedelta(weeks=week) for week in range(120)]
    alarms = 0
    for seed in range(60):
        other = walk(1000 + seed)
        told = [(weeks[place], float(other[place])) for place in range(10, 115, 10)]
        found = lead_lag("russia", "against", told, weeks, walk(seed), {}, draws=100, seed=seed)
        assert found.p_placebo is not None
        alarms += found.p_placebo < 0.05
    assert alarms <= 8, "5% of 60, within three standard errors"


def test_only_polls_of_the_same_question_make_a_house_effect() -> None:
    questions = {
        f"poll-{month}": question_of(poll(month, 0.4, asked)) for month, asked in ((1, "a"), (4, "b"), (8, "A "))
    }
    first, second, third = adjusted([comparison(1, 0.2), comparison(4, -0.3), comparison(8, 0.2)], 0.95, questions)
    assert (first.house, second.house, third.house_polls) == (None, None, 1)
    assert third.house is not None
    assert third.house > 0.1
    assert "no earlier poll of this question" in second.reason
    assert "provisional: earlier polls 1" in third.reason


@pytest.mark.parametrize(
    ("difference", "error", "told"),
    [(0.01, 0.02, "equivalent"), (0.01, 0.03, "undecided"), (-0.2, 0.04, "different"), (0.0, 0.0388, "undecided")],
)
def test_equivalence_is_two_one_sided_tests_at_five_points(difference: float, error: float, told: str) -> None:
    assert equivalence(difference, error) == told
    with pytest.raises(ValueError, match="above 0"):
        equivalence(difference, 0.0)
