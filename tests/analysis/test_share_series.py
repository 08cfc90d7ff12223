"""Series: whose day it is, who counts, and what is not told."""

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from opinion_frames import opinions

from analysis.periods import Days, is_complete, period_bounds, period_days, period_of, periods_between
from analysis.series import estimate_series
from analysis.shares import estimate
from storage.records import Share

ALMATY = ZoneInfo("Asia/Almaty")
OCTOBER = Days(dt.date(2022, 10, 3), dt.date(2022, 10, 30))


def series(frame: pl.DataFrame, **changes: object) -> list[Share]:
    options: dict[str, object] = {"by": "week", "horizon": OCTOBER, "draws": 200, **changes}
    return list(estimate_series(frame, target="migrants", model="m", zone=ALMATY, **options))  # type: ignore[arg-type]


def one(shares: list[Share], **keys: object) -> Share:
    (found,) = (s for s in shares if all(getattr(s, key) == value for key, value in keys.items()))
    return found


def test_periods_are_named_and_bounded_in_the_monitors_zone() -> None:
    assert [period_of(dt.date(2021, 1, 3), by) for by in ("day", "week", "month")] == [
        "2021-01-03",
        "2020-W53",
        "2021-01",
    ]
    assert period_days("2022-W40") == (dt.date(2022, 10, 3), dt.date(2022, 10, 9))
    assert period_days("2024-02") == (dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    start, end = period_bounds("2022-10-03", ALMATY)
    assert (start.isoformat(), end - start) == ("2022-10-02T18:00:00+00:00", dt.timedelta(days=1))
    # Almaty went from UTC+6 to UTC+5 on 1 March 2024: that night had 25 hours.
    start, end = period_bounds("2024-02-29", ALMATY)
    assert end - start == dt.timedelta(hours=25)
    assert periods_between(dt.date(2022, 12, 30), dt.date(2023, 1, 9), "week") == ["2022-W52", "2023-W01", "2023-W02"]
    for wrong in ("2022", "2022-W54", "2022-13", "W40", "2022-02-30"):
        with pytest.raises(ValueError, match="no period"):
            period_days(wrong)


def test_a_period_is_complete_only_inside_the_horizon() -> None:
    assert is_complete("2022-W40", OCTOBER)
    assert not is_complete("2022-10", OCTOBER)
    assert not is_complete("2022-W44", OCTOBER)


def test_a_post_belongs_to_its_local_day() -> None:
    late = opinions(4).with_columns(posted_at=pl.lit(dt.datetime(2022, 10, 9, 18, 30, tzinfo=dt.UTC)))
    assert {s.period for s in series(late, voices=("all",))} == {"2022-W41"}
    assert {s.period for s in series(late, voices=("all",), by="day")} == {"2022-10-10"}


def test_the_series_agrees_with_estimate() -> None:
    frame = opinions()
    told = one(series(frame, draws=1000), period="2022-W41", among="opinionated", stance="against")
    week = frame.filter(
        (pl.col("voice") == "person")
        & pl.col("posted_at").is_between(*period_bounds("2022-W41", ALMATY), closed="left")
    )
    same = estimate(week.rename({"native_id": "post_id"}))
    assert told.share == pytest.approx(same.shares["against"].share, abs=1e-9)
    assert (told.n_posts, told.n_authors) == (same.n_posts, same.n_authors)
    assert told.low == pytest.approx(same.shares["against"].low, abs=0.01)
    assert told.high == pytest.approx(same.shares["against"].high, abs=0.01)


def test_people_and_outlets_are_told_apart() -> None:
    shares = series(opinions(), voices=("people", "outlets", "all"), by="month")
    keys = {"among": "all", "stance": "against", "period": "2022-10"}
    people, outlets, everyone = (one(shares, voices=voices, **keys) for voices in ("people", "outlets", "all"))
    assert outlets.n_authors == 2
    assert people.n_posts + outlets.n_posts == everyone.n_posts
    assert people.n_authors + outlets.n_authors == everyone.n_authors


def test_an_outlet_by_itself_is_told_by_its_posts() -> None:
    shares = series(opinions(), voices=("outlets",), groups=("source",), by="month")
    told = one(shares, value="s0", among="all", stance="against", period="2022-10")
    assert told.n_authors == told.n_posts > 50
    assert told.share is not None


def test_groups_under_k_authors_keep_their_counts_and_lose_their_numbers() -> None:
    shares = series(opinions(60), min_authors=12)
    suppressed = [s for s in shares if s.method == "suppressed"]
    assert suppressed
    for told in suppressed:
        assert told.n_authors < 12
        assert told.n_posts > 0
        assert (told.share, told.low, told.high, told.n_eff, told.deff) == (None,) * 5
    assert all(told.n_authors >= 12 for told in shares if told.method == "pcc")


def test_empty_group_values_are_left_out() -> None:
    shares = series(opinions(), groups=("region", "language"))
    assert {s.value for s in shares if s.group == "region"} == {"Almaty"}
    assert {s.value for s in shares if s.group == "language"} == {"ru", "kk", "mixed"}


def test_neither_the_order_of_rows_nor_the_other_cells_change_a_number() -> None:
    frame = opinions()
    shares = series(frame, groups=("all", "language"))
    assert series(frame.sample(fraction=1, shuffle=True, seed=1), groups=("all", "language")) == shares
    week = frame.filter(pl.col("posted_at").is_between(*period_bounds("2022-W41", ALMATY), closed="left"))
    assert series(week) == [s for s in shares if s.period == "2022-W41" and s.group == "all"]


def test_no_opinions_are_no_shares() -> None:
    assert series(opinions().clear()) == []
