"""Series: whose day it is, who counts, and what is not told."""

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from opinion_frames import labelled, opinions

from analysis.evidence import Evidence, gather_evidence, settled
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


def test_the_busiest_and_the_copies_stand_beside_a_share_unless_it_is_suppressed() -> None:
    digest = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("one text")).otherwise("native_id")
    frame = opinions(600).with_columns(text_digest=digest)
    shares = series(frame, groups=("all", "source"), min_authors=20)
    told = one(shares, period="2022-W41", group="all", among="all", stance="against")
    starts, ends = period_bounds("2022-W41", ALMATY)
    week = frame.filter((pl.col("voice") == "person") & pl.col("posted_at").is_between(starts, ends, closed="left"))
    named = week.filter(pl.col("author") != "").group_by("author").len()["len"].sort(descending=True)
    busiest = -(-told.n_authors // 100)
    assert told.top_author_share == pytest.approx(named.head(busiest).sum() / week.height)
    assert told.near_duplicate_share == pytest.approx(1 - week["text_digest"].n_unique() / week.height)
    hidden = [share for share in shares if share.method == "suppressed"]
    assert hidden
    assert {(share.top_author_share, share.near_duplicate_share) for share in hidden} == {(None, None)}
    assert one(series(opinions()), period="2022-W41", among="all", stance="against").near_duplicate_share is None


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


def test_audited_periods_are_told_by_ppi_and_the_others_by_emq() -> None:
    frame = opinions(4000, days=56)
    evidence = gather_evidence(frame, labelled(frame, 14), ALMATY)
    months = Days(dt.date(2022, 10, 3), dt.date(2022, 11, 27))
    shares = series(frame, evidence=evidence, horizon=months, voices=("people", "outlets"))
    methods = {(s.voices, s.period): s.method for s in shares if s.among == "opinionated"}
    assert methods["people", "2022-W40"] == methods["people", "2022-W41"] == "ppi++"
    assert methods["people", "2022-W43"] == methods["people", "2022-W46"] == "emq"
    assert {method for (voices, _), method in methods.items() if voices == "outlets"} == {"pcc"}
    told = one(shares, voices="people", period="2022-W40", among="opinionated", stance="against")
    assert 80 < told.n_labels < 160
    assert one(shares, voices="people", period="2022-W46", among="all", stance="favor").n_labels == 240
    for share in shares:
        if share.share is not None:
            assert share.low < share.share < share.high  # type: ignore[operator]


def test_the_audited_cell_agrees_with_estimate() -> None:
    frame = opinions(3000)
    labels = labelled(frame, 7)
    evidence = gather_evidence(frame, labels, ALMATY)
    told = one(series(frame, evidence=evidence), period="2022-W40", among="opinionated", stance="against")
    starts, ends = period_bounds("2022-W40", ALMATY)
    week = frame.filter((pl.col("voice") == "person") & pl.col("posted_at").is_between(starts, ends, closed="left"))
    key = pl.concat_str("source", pl.lit("/"), "native_id").alias("post_id")
    same = estimate(week.with_columns(key), labels.with_columns(key))
    assert told.share == pytest.approx(same.shares["against"].share, abs=1e-9)
    assert told.low == pytest.approx(same.shares["against"].low, abs=1e-9)
    assert told.n_labels == same.n_labels


def test_a_draw_speaks_only_for_periods_that_it_was_drawn_from() -> None:
    frame = opinions(4000, days=28)
    window = {
        "drawn_from": dt.datetime(2022, 10, 2, 18, tzinfo=dt.UTC),
        "drawn_until": dt.datetime(2022, 10, 9, 18, tzinfo=dt.UTC),
    }
    labels = labelled(frame, 6).with_columns(pl.lit(at).alias(name) for name, at in window.items())
    evidence = gather_evidence(frame, labels, ALMATY)
    assert evidence.windows == (tuple(window.values()),)

    def methods(by: str) -> dict[str, str]:
        shares = series(frame, evidence=evidence, by=by)
        return {s.period: s.method for s in shares if (s.among, s.stance) == ("all", "against")}

    assert methods("week")["2022-W40"] == "ppi++"
    assert methods("week")["2022-W41"] == "emq"
    # A hundred people labelled in one week of four had the month been drawn; who wrote in the others was never asked.
    assert methods("month") == {"2022-10": "emq"}


def test_an_audit_that_disagrees_withholds_emq_until_one_agrees_again() -> None:
    frame = opinions(9000, days=88)
    right = labelled(frame, 28, 400)
    november = frame.filter(pl.col("posted_at") >= dt.datetime(2022, 11, 1, tzinfo=dt.UTC))
    turned = labelled(november, 50, 300, seed=1, wrong=0.6)
    evidence = gather_evidence(frame, pl.concat([right, turned]), ALMATY)
    assert [drift.alarm for _, drift in evidence.drifts] == [True, True]
    months = Days(dt.date(2022, 10, 3), dt.date(2022, 12, 29))
    shares = series(frame, evidence=evidence, horizon=months, voices=("people",), by="day")
    december = [s for s in shares if s.period.startswith("2022-12")]
    assert {s.method for s in december} == {"drift"}
    assert {s.share for s in december} == {None}
    assert all(s.n_authors > 10 for s in december)


def test_coders_are_settled_by_their_majority_and_corrections_are_left_out() -> None:
    def row(post: str, coder: str, label: str | None, chance: float | None = 0.5) -> dict[str, object]:
        return {"source": "s", "native_id": post, "coder": coder, "label": label, "inclusion_probability": chance}

    rows = [row("1", "a", "against"), row("1", "b", "against"), row("1", "c", "favor"), row("2", "a", "favor")]
    rows += [row("3", "a", "favor"), row("3", "b", "against"), row("4", "a", "against", None), row("5", "a", None)]
    told = settled(pl.DataFrame(rows))
    assert told.rows() == [("s", "1", "against", 0.5), ("s", "2", "favor", 0.5)]


def test_labels_of_posts_that_were_not_read_are_no_evidence() -> None:
    frame = opinions(500)
    nowhere = pl.DataFrame({"source": ["x"], "native_id": ["y"], "label": ["favor"], "inclusion_probability": [0.1]})
    assert gather_evidence(frame, nowhere, ALMATY).empty
    assert series(frame, evidence=Evidence()) == series(frame)
