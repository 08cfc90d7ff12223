"""Spike detectors against R surveillance's output, and against what a user may feed them."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.spikes import METHODS, detect

DATA = Path(__file__).parent / "data" / "farrington"
SERIES = ("low", "mid", "offset")


def reference(name: str) -> pl.DataFrame:
    return pl.read_csv(DATA / f"ref_weekly_{name}.csv", null_values="NA")


def weekly(name: str) -> pl.DataFrame:
    return pl.read_csv(DATA / f"weekly_{name}.csv")


def days(counts: list[int], total: list[int] | None = None) -> pl.DataFrame:
    start = dt.date(2022, 1, 1)
    frame = pl.DataFrame({"date": [start + dt.timedelta(days=n) for n in range(len(counts))], "count": counts})
    return frame if total is None else frame.with_columns(total=pl.Series(total))


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("method", ["C1", "C2", "C3"])
def test_ears_equals_r_surveillance(name: str, method: str) -> None:
    expected = reference(f"{name}_ears_{method}")
    found = detect(weekly(name), f"ears-{method.lower()}").filter(pl.col("time") >= 312)
    np.testing.assert_allclose(found["upper"], expected["upper"], rtol=0, atol=1e-6)
    assert found["alarm"].to_list() == expected["alarm"].to_list()


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("threshold", ["delta", "nbPlugin", "muan"])
def test_farrington_equals_r_surveillance(name: str, threshold: str) -> None:
    expected = reference(f"{name}_farrington_{threshold}")
    found = detect(weekly(name), "farrington", {"threshold": threshold}).filter(pl.col("time") >= 312)
    assert found["expected"].is_null().to_list() == expected["expected"].is_null().to_list()
    told = expected["expected"].is_not_null()
    np.testing.assert_allclose(found["expected"].filter(told), expected["expected"].filter(told), rtol=1e-5)
    np.testing.assert_allclose(found["upper"].filter(told), expected["upper"].filter(told), rtol=1e-4)
    assert found["alarm"].to_list() == expected["alarm"].to_list()


def test_a_doubling_is_found_and_a_quiet_day_is_not() -> None:
    found = detect(days([20, 22, 19, 21, 20, 18, 23, 20, 21, 44, 20]), "ears-c1")
    assert found["alarm"].to_list() == [0] * 9 + [1, 0]


def test_no_alarm_before_the_baseline_is_full() -> None:
    found = detect(days([1, 1, 1, 90, 1, 1, 1, 1]), "ears-c1")
    assert found["expected"].is_null().to_list() == [True] * 7 + [False]
    assert found["alarm"].sum() == 0


def test_more_of_everything_is_no_spike_where_the_total_is_known() -> None:
    counts, total = [20, 22, 19, 21, 20, 18, 23, 40], [200, 210, 190, 205, 200, 190, 220, 400]
    assert detect(days(counts), "ears-c1")["alarm"][-1] == 1
    offset = detect(days(counts, total), "ears-c1")
    assert offset["alarm"][-1] == 0
    assert offset["expected"][-1] == pytest.approx(
        400 * np.mean([c / t for c, t in zip(counts[:7], total[:7], strict=True)])
    )


def test_a_constant_total_changes_nothing() -> None:
    counts = np.random.default_rng(0).poisson(30, 60).tolist()
    for method in ("ears-c1", "ears-c2", "ears-c3"):
        plain, offset = detect(days(counts), method), detect(days(counts, [1000] * 60), method)
        np.testing.assert_allclose(plain["upper"].drop_nulls(), offset["upper"].drop_nulls())


def test_a_day_without_observation_is_neither_baseline_nor_alarm() -> None:
    counts = [20, 22, 19, 21, 20, 18, 23, 20, 21, 20]
    holed = days(counts, [100] * 4 + [0] + [100] * 5).with_columns(
        count=pl.Series(counts).set(pl.Series([n == 4 for n in range(10)]), 0)
    )
    found = detect(holed, "ears-c1")
    assert found["observed"][4] is None
    assert found["expected"][8] == pytest.approx(np.mean([22, 19, 21, 18, 23, 20]), abs=1.5)
    assert found["alarm"].sum() == 0


def test_missing_days_are_refused_or_filled_as_asked() -> None:
    holed = days([20, 22, 19, 21, 20, 18, 23, 20, 21, 20]).filter(pl.col("date") != dt.date(2022, 1, 5))
    with pytest.raises(ValueError, match=r"1 steps are missing, the first after date 2022-01-04.*missing=zero"):
        detect(holed, "ears-c1")
    assert detect(holed, "ears-c1", {"missing": "gap"}).height == 9
    zero, gap = (detect(holed, "ears-c1", {"missing": how})["expected"][-1] for how in ("zero", "gap"))
    assert zero < gap


@pytest.mark.parametrize("name", ["week", "time", "day"])
def test_weeks_by_number_by_iso_name_or_by_date(name: str) -> None:
    counts = [20, 22, 19, 21, 20, 18, 23, 50]
    forms = (list(range(8)), [f"2022-W{n:02d}" for n in range(1, 9)], [f"2022-01-{3 + n:02d}" for n in range(8)])
    for times in forms:
        found = detect(pl.DataFrame({name: times, "count": counts}), "ears-c1")
        assert found["time"].to_list() == times
        assert found["alarm"].to_list() == [0] * 7 + [1]


def test_days_and_hours_over_a_change_of_the_clocks() -> None:
    """Kazakhstan's clocks were put back from midnight to 23:00 on 29 February 2024: UTC+6 became UTC+5."""
    counts = [20, 22, 19, 21, 20, 18, 23, 50]
    days = [f"2024-02-{23 + day}T00:00+06:00" if day < 7 else "2024-03-01T00:00+05:00" for day in range(8)]
    hours = [f"2024-02-29T{hour}:00+06:00" for hour in range(18, 24)] + [
        f"2024-{moment}:00+05:00" for moment in ("02-29T23", "03-01T00")
    ]
    for times in (days, hours):
        assert detect(pl.DataFrame({"time": times, "count": counts}), "ears-c1")["alarm"].to_list() == [0] * 7 + [1]
    naive = pl.DataFrame({"time": [time[:16] for time in hours], "count": counts})
    with pytest.raises(ValueError, match=r"2024-02-29T23:00 stands twice.*offset from UTC"):
        detect(naive, "ears-c1")


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ({"date": ["2022-01-01"], "posts": [1]}, "needs the column count"),
        ({"date": ["2022-01-01", "2022-01-01"], "count": [1, 2]}, "2022-01-01 stands twice"),
        ({"date": ["yesterday"], "count": [1]}, "row 1 is 'yesterday'"),
        ({"week": [1, 2], "count": [1, -2]}, "count in row 2 is -2"),
        ({"week": [1, 2], "count": ["1", "many"]}, "not a number"),
        ({"week": [1, 2], "count": [1, 3], "total": [5, 2]}, "count exceeds total at week 2"),
        ({"week": [1, 3, 6], "count": [1, 3, 2]}, "not equally spaced"),
        ({"week": [], "count": []}, "no rows"),
    ],
)
def test_a_series_that_cannot_be_read_says_where(frame: dict[str, list[object]], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        detect(pl.DataFrame(frame), "ears-c1")


def test_unknown_methods_and_options_name_what_is_allowed() -> None:
    frame = days([20] * 9)
    with pytest.raises(ValueError, match=r"no spike detector 'ears'; known are auto, ears-c1"):
        detect(frame, "ears")
    with pytest.raises(ValueError, match=r"no option 'window'; allowed are alpha, baseline"):
        detect(frame, "ears-c1", {"window": 3})
    with pytest.raises(ValueError, match=r"alpha='big' is not a number"):
        detect(frame, "ears-c1", {"alpha": "big"})


def test_options_as_text_work_as_values() -> None:
    frame = days(np.random.default_rng(1).poisson(30, 40).tolist())
    as_text = detect(frame, "ears-c2", {"alpha": "0.01", "baseline": "14", "min_sigma": "2", "min_count": "5"})
    assert as_text.equals(detect(frame, "ears-c2", {"alpha": 0.01, "baseline": 14, "min_sigma": 2.0, "min_count": 5}))


def test_min_count_silences_small_counts() -> None:
    frame = days([1, 1, 1, 1, 1, 1, 1, 5])
    assert detect(frame, "ears-c1")["alarm"][-1] == 1
    assert detect(frame, "ears-c1", {"min_count": 10})["alarm"][-1] == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40), st.sampled_from(sorted(METHODS)))
def test_any_counts_give_a_row_each_and_finite_bounds(counts: list[int], method: str) -> None:
    found = detect(days(counts), method)
    assert found.height == len(counts)
    assert found["alarm"].is_in([0, 1]).all()
    assert found["upper"].drop_nulls().is_finite().all()
    assert found["score"].drop_nulls().is_finite().all()
