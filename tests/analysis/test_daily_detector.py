"""Daily counts: weekdays, holidays, totals, shares; and what a user may ask that cannot be."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, nbinom

from analysis.spikes import detect
from analysis.spikes.daily import DailyOptions, holiday_days
from analysis.spikes.tails import count_tail, narrowed, share_tail, widened

WEEKDAYS = np.array([1, 1, 1, 1, 1, 0.5, 0.4])


def dates(size: int, first: dt.date = dt.date(2022, 1, 3)) -> list[dt.date]:
    return [first + dt.timedelta(days=day) for day in range(size)]


def quiet(size: int = 120, level: float = 40.0, seed: int = 0) -> pl.DataFrame:
    mean = level * WEEKDAYS[np.arange(size) % 7]
    counts = np.random.default_rng(seed).negative_binomial(mean, 0.5)
    return pl.DataFrame({"date": dates(size), "count": counts})


def test_the_weekend_is_expected_to_be_quiet() -> None:
    found = detect(quiet(), "daily").filter(pl.col("expected").is_not_null())
    weekend = pl.col("time").dt.weekday() > 5
    assert found.filter(weekend)["expected"].mean() < 0.65 * found.filter(~weekend)["expected"].mean()  # type: ignore[operator]


def test_a_doubling_on_a_saturday_is_seen_though_a_monday_has_more() -> None:
    frame = quiet(level=100)
    saturday = 7 * 15 + 5
    monday = frame["count"][saturday + 2]
    frame = frame.with_columns(count=pl.when(pl.int_range(pl.len()) == saturday).then(90).otherwise(pl.col("count")))
    found = detect(frame, "daily")
    assert monday > 90 or found["alarm"][saturday + 2] == 0
    assert found["alarm"][saturday] == 1
    assert found["p_value"][saturday] < 0.001


def test_nothing_is_said_in_the_first_four_weeks() -> None:
    found = detect(quiet(60), "daily")
    assert found["expected"].is_null().to_list() == [True] * 28 + [False] * 32


def test_what_comes_later_changes_no_earlier_answer() -> None:
    frame = quiet(100)
    whole, part = detect(frame, "daily"), detect(frame.head(70), "daily")
    assert whole.head(70).equals(part)


def test_more_of_everything_is_no_spike_where_the_total_is_known() -> None:
    dice = np.random.default_rng(3)
    total = dice.poisson(2000, 120)
    total[100:] *= 3
    frame = pl.DataFrame({"date": dates(120), "count": dice.binomial(total, 0.02), "total": total})
    assert detect(frame, "daily")["alarm"].sum() == 0
    assert detect(frame.drop("total"), "daily")["alarm"][100:].sum() > 0


def test_a_share_that_jumps_is_seen_and_the_number_of_those_who_speak_is_not() -> None:
    dice = np.random.default_rng(4)
    total = dice.poisson(60, 120) + dice.poisson(120, 120) * (np.arange(120) == 90)
    against = dice.binomial(total, np.where(np.arange(120) == 110, 0.75, 0.35))
    found = detect(pl.DataFrame({"date": dates(120), "count": against, "total": total}), "daily")
    assert found["alarm"][110] == 1
    assert found["alarm"][90] == 0
    assert (found["upper"].drop_nulls() <= total[found["upper"].is_not_null().to_numpy()]).all()


def test_a_gap_is_neither_baseline_nor_alarm() -> None:
    frame = quiet(90).filter(~pl.int_range(pl.len()).is_between(50, 59))
    with pytest.raises(ValueError, match="missing=gap"):
        detect(frame, "daily")
    found = detect(frame, "daily", {"missing": "gap"})
    assert found.height == 80
    assert found["alarm"].sum() == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"alpha": "2"}, "alpha=2"),
        ({"least": "3"}, "14 days or more"),
        ({"family": "posts"}, "allowed are auto, counts and shares"),
        ({"holidays": "XX"}, "two letters of a country"),
        ({"family": "shares"}, "needs a column total"),
    ],
)
def test_an_option_that_cannot_be_says_what_is_allowed(options: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        detect(quiet(40), "daily", options)


def test_weeks_are_not_days() -> None:
    frame = pl.DataFrame({"week": range(60), "count": [10] * 60})
    with pytest.raises(ValueError, match="one row a day"):
        detect(frame, "daily")


def test_nauryz_is_a_holiday() -> None:
    assert dt.date(2022, 3, 22) in holiday_days("KZ", 2022)


@given(st.lists(st.integers(0, 10**6), min_size=40, max_size=90))
@settings(max_examples=25, deadline=None)
def test_any_counts_are_judged_without_a_fault(counts: list[int]) -> None:
    found = detect(pl.DataFrame({"date": dates(len(counts)), "count": counts}), "daily")
    assert found.height == len(counts)
    told = found.filter(pl.col("p_value").is_not_null())
    assert told["p_value"].is_between(0, 1).all()
    assert (told["expected"] >= 0).all()


def test_tails_are_those_of_their_distributions() -> None:
    y, mean = np.array([0.0, 5.0, 30.0]), np.array([5.0, 5.0, 5.0])
    p, upper = count_tail(y, mean, 2 * mean, 0.01)
    np.testing.assert_allclose(p, nbinom.sf(y - 1, 5.0, 0.5))
    assert upper[0] == nbinom.isf(0.01, 5.0, 0.5)
    trials, rho, mu = 50.0, 0.1, 0.3
    p, upper = share_tail(np.array([20.0]), np.array([trials]), np.array([mu]), np.array([rho]), 0.01)
    a, b = mu * (1 - rho) / rho, (1 - mu) * (1 - rho) / rho
    assert p[0] == pytest.approx(float(betabinom.sf(19, 50, a, b)))
    assert betabinom.sf(upper[0], 50, a, b) <= 0.01 < betabinom.sf(upper[0] - 1, 50, a, b)
    assert widened(np.array([narrowed(0.001, 30)]), 30)[0] == pytest.approx(0.001)


def test_the_bound_and_the_p_value_say_the_same() -> None:
    for seed in range(5):
        found = detect(quiet(100, 30, seed), "daily", {"alpha": 0.05}).drop_nulls()
        above = (found["observed"] > found["upper"]).to_list()
        assert above == (found["p_value"] <= 0.05).to_list()
    assert DailyOptions().alpha == 0.001
