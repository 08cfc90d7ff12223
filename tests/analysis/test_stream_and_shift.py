"""Hourly and finer counts, lasting shifts, and the choice of a detector by the series."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from analysis.spikes import detect
from analysis.spikes.choice import chosen
from analysis.spikes.counts import read_counts


def hourly(hours: int = 24 * 30, seed: int = 0, burst: int | None = None) -> pl.DataFrame:
    start = dt.datetime(2022, 9, 1)
    counts = np.random.default_rng(seed).poisson(12, hours)
    if burst is not None:
        counts[burst : burst + 3] += 60
    times = [start + dt.timedelta(hours=hour) for hour in range(hours)]
    return pl.DataFrame({"timestamp": times, "count": counts})


def test_a_burst_is_one_alarm_in_its_first_hour() -> None:
    found = detect(hourly(burst=600), "stream")
    assert np.flatnonzero(found["alarm"]).tolist() == [600]
    assert found["p_value"][600] < 0.01


def test_the_stream_does_not_look_ahead() -> None:
    frame = hourly(burst=600)
    whole, part = detect(frame, "stream"), detect(frame.head(601), "stream")
    assert whole.head(601).equals(part)


def test_a_smaller_alpha_raises_no_more_alarms() -> None:
    frame = hourly(seed=3)
    many, few = (detect(frame, "stream", {"alpha": alpha})["alarm"].sum() for alpha in (0.2, 0.001))
    assert few <= many
    with pytest.raises(ValueError, match="alpha=0"):
        detect(frame, "stream", {"alpha": 0.0})


@pytest.mark.parametrize(
    ("options", "told"),
    [({"scales": "1,x"}, "whole numbers of steps"), ({"tail": "down"}, "up and both"), ({"quantile": "2"}, "quantile")],
)
def test_an_option_of_the_stream_that_cannot_be(options: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        detect(hourly(48), "stream", options)


def test_a_source_that_falls_silent_is_a_shift_down_and_opinion_that_rises_one_up() -> None:
    dice = np.random.default_rng(1)
    days = [dt.date(2022, 1, 1) + dt.timedelta(days=day) for day in range(120)]
    fallen = pl.DataFrame({"day": days, "count": np.r_[dice.poisson(50, 70), dice.poisson(4, 50)]})
    risen = pl.DataFrame({"day": days, "count": np.r_[dice.poisson(20, 70), dice.poisson(45, 50)]})
    assert detect(fallen, "shift")["alarm"].sum() == 0
    assert np.flatnonzero(detect(fallen, "shift", {"direction": "down"})["alarm"]).tolist() == [70]
    up = detect(risen, "shift")
    assert np.flatnonzero(up["alarm"]).tolist() == [70]
    assert up["score"][70] > 2
    assert up["p_value"][70] < 1e-6


def test_a_level_series_has_no_shift() -> None:
    counts = np.random.default_rng(2).poisson(30, 200)
    frame = pl.DataFrame({"time": range(200), "count": counts})
    for direction in ("up", "down", "both"):
        assert detect(frame, "shift", {"direction": direction})["alarm"].sum() == 0


def test_too_short_for_a_shift_is_told_as_unknown() -> None:
    found = detect(pl.DataFrame({"time": range(5), "count": [1, 2, 3, 4, 50]}), "shift")
    assert found["expected"].null_count() == 5


def test_the_detector_follows_from_grain_and_length() -> None:
    def of(step: dt.timedelta, size: int) -> str:
        start = dt.datetime(2015, 1, 5)
        frame = pl.DataFrame({"time": [start + step * place for place in range(size)], "count": [1] * size})
        return chosen(read_counts(frame))[0]

    assert of(dt.timedelta(hours=1), 50) == "stream"
    assert of(dt.timedelta(days=1), 30) == "ears-c2"
    assert of(dt.timedelta(days=1), 60) == "daily"
    assert of(dt.timedelta(days=7), 100) == "ears-c2"
    assert of(dt.timedelta(days=7), 170) == "farrington"
    assert chosen(read_counts(pl.DataFrame({"week": range(300), "count": [1] * 300}))) == ("farrington", {"years": 5})


def test_auto_answers_as_the_detector_that_it_chooses() -> None:
    frame = hourly(burst=600)
    assert detect(frame, "auto").equals(detect(frame, "stream"))
