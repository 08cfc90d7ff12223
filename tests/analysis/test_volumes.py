"""Sources that fell silent or gave far less, told apart from quiet days, week-ends, holidays and a slow decline."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from analysis.volumes import judge_volumes

FIRST = dt.date(2022, 1, 3)


def volumes(**sources: list[int]) -> pl.DataFrame:
    rows = [(name, FIRST + dt.timedelta(n), posts) for name, days in sources.items() for n, posts in enumerate(days)]
    return pl.DataFrame(rows, schema=["source", "day", "posts"], orient="row")


def noisy(mean: float, days: int, seed: int = 0) -> list[int]:
    rng = np.random.default_rng(seed)
    return [int(n) for n in rng.negative_binomial(8, 8 / (8 + mean), days)]


def low_days(frame: pl.DataFrame, source: str = "chat") -> list[int]:
    return [(day - FIRST).days for day in frame.filter("low", pl.col("source") == source)["day"]]


def test_a_silent_day_is_low_at_once_and_the_days_after_are_usual() -> None:
    days = noisy(40, 60)
    days[50] = 0
    assert low_days(judge_volumes(volumes(chat=days))) == [50]


def test_an_outage_is_low_to_its_end_and_not_beyond() -> None:
    days = noisy(40, 80)
    days[50:57] = [0] * 7
    assert low_days(judge_volumes(volumes(chat=days))) == list(range(50, 57))


def test_a_small_source_is_found_after_some_days() -> None:
    days = [8, 7, 9, 6, 8, 9, 7] * 8
    days[50:55] = [0] * 5
    found = low_days(judge_volumes(volumes(chat=days)))
    assert found
    assert set(found) <= set(range(50, 55))


def test_a_fall_to_a_fifth_is_found_within_a_week() -> None:
    days = noisy(60, 80, seed=3)
    days[50:64] = [day // 5 for day in days[50:64]]
    found = low_days(judge_volumes(volumes(chat=days)))
    assert found
    assert found[0] <= 56


def test_silent_week_ends_and_a_slow_decline_are_usual() -> None:
    office = [0 if n % 7 >= 5 else 30 for n in range(120)]
    fading = [int(100 * 0.985**n) for n in range(120)]
    judged = judge_volumes(volumes(office=office, fading=fading))
    assert low_days(judged, "office") == []
    assert low_days(judged, "fading") == []


def test_a_holiday_on_which_all_fall_is_no_outage_but_one_that_stops_on_it_is() -> None:
    names = [f"s{n}" for n in range(6)]
    sources = {name: noisy(100, 60, seed) for seed, name in enumerate(names)}
    for days in sources.values():
        days[45] = int(days[45] * 0.3) + 25
    sources["s0"][45] = 0
    judged = judge_volumes(volumes(**sources))
    assert {name: low_days(judged, name) for name in names} == {"s0": [45], **{name: [] for name in names[1:]}}


def test_all_sources_silent_at_once_are_all_out() -> None:
    sources = {f"s{n}": noisy(60, 60, n) for n in range(5)}
    for days in sources.values():
        days[50:52] = [0, 0]
    judged = judge_volumes(volumes(**sources))
    assert all(low_days(judged, name) == [50, 51] for name in sources)


def test_four_weeks_of_little_are_the_new_usual() -> None:
    days = noisy(60, 50) + noisy(6, 80)
    found = low_days(judge_volumes(volumes(chat=days)))
    assert found
    assert max(found) < 50 + 40


def test_quiet_sources_raise_about_as_many_as_asked() -> None:
    sources = {f"s{n}": noisy(5 + 9 * n, 365, n) for n in range(12)}
    judged = judge_volumes(volumes(**sources), false_alarms_per_month=0.1)
    begins = sum(
        len([day for day in days if day - 1 not in days]) for days in (set(low_days(judged, name)) for name in sources)
    )
    assert begins <= 4, "1.2 are expected in a year"


def test_too_short_a_history_is_not_judged() -> None:
    judged = judge_volumes(volumes(chat=[40] * 13 + [0]))
    assert judged["expected"].null_count() == 14
    assert not judged["low"].any()
    assert judge_volumes(volumes(chat=[]).cast({"posts": pl.Int64}).clear()).height == 0


def test_days_with_a_hole_are_refused() -> None:
    with pytest.raises(ValueError, match="'chat' have a hole"):
        judge_volumes(volumes(chat=[5] * 30).filter(pl.col("day") != FIRST + dt.timedelta(9)))
