"""Shares of narratives: who is counted, once, among whom, and what is not told."""

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from analysis.narratives import estimate_narratives
from analysis.periods import Days
from storage.records import Share

ALMATY = ZoneInfo("Asia/Almaty")
OCTOBER = Days(dt.date(2022, 10, 3), dt.date(2022, 10, 30))
NOON = dt.datetime(2022, 10, 5, 6, tzinfo=dt.UTC)
NARRATIVES = [("rising_costs", "against"), ("sympathy", "favor"), ("law_and_registration", "any")]


def post(number: int, author: str, stance: str, *narratives: str, voice: str = "person") -> dict[str, object]:
    return {
        "source": "chat" if voice == "person" else author,
        "native_id": str(number),
        "author": author if voice == "person" else "",
        "voice": voice,
        "posted_at": NOON + dt.timedelta(minutes=number),
        "stance": stance,
        "narratives": list(narratives),
    }


def crowd(n: int = 20) -> list[dict[str, object]]:
    """`n` people with one neutral post each; every fourth is against, because of costs."""
    return [post(i, f"u{i}", *(("against", "rising_costs") if i % 4 == 0 else ("neutral",))) for i in range(n)]


def shares(rows: list[dict[str, object]], **changes: object) -> list[Share]:
    options: dict[str, object] = {"by": "week", "zone": ALMATY, "horizon": OCTOBER, "draws": 200, **changes}
    frame = pl.DataFrame(rows, schema_overrides={"narratives": pl.List(pl.String)})
    return list(estimate_narratives(frame, NARRATIVES, target="migrants", model="m", **options))  # type: ignore[arg-type]


def one(found: list[Share], **keys: object) -> Share:
    (share,) = (s for s in found if all(getattr(s, key) == value for key, value in keys.items()))
    return share


def test_a_share_is_of_people_who_mention_the_target_and_holds_its_interval() -> None:
    share = one(shares(crowd()), value="rising_costs", among="all")
    assert (share.group, share.stance, share.method, share.period) == ("narrative", "against", "cc", "2022-W40")
    assert share.share == pytest.approx(0.25)
    assert share.low is not None
    assert share.high is not None
    assert 0 < share.low < 0.25 < share.high < 1
    assert (share.n_authors, share.n_posts, share.complete) == (20, 20, True)


def test_an_author_counts_once_however_often_they_say_it() -> None:
    loud = [post(100 + i, "u0", "against", "rising_costs") for i in range(50)]
    share = one(shares([*crowd(), *loud]), value="rising_costs", among="all")
    assert share.share == pytest.approx(0.25)
    assert (share.n_authors, share.n_posts) == (20, 70)


def test_among_the_opinionated_only_those_count_who_took_a_stance() -> None:
    rows = crowd(40)
    rows += [post(100 + i, f"f{i}", "favor", "sympathy") for i in range(10)]
    share = one(shares(rows), value="sympathy", among="opinionated")
    assert (share.share, share.n_authors) == (pytest.approx(0.5), 20)
    assert one(shares(rows), value="sympathy", among="all").share == pytest.approx(0.2)
    assert not [s for s in shares(rows) if s.among == "opinionated" and s.stance == "neutral"]


def test_a_narrative_of_any_stance_is_told_for_each() -> None:
    rows = [*crowd(), post(100, "u1", "neutral", "law_and_registration")]
    found = {s.stance: s.share for s in shares(rows) if (s.value, s.among) == ("law_and_registration", "all")}
    assert found == {"against": 0.0, "neutral": pytest.approx(0.05), "favor": 0.0}


def test_nobody_voices_it_is_a_share_of_zero_with_an_interval_above() -> None:
    share = one(shares(crowd()), value="sympathy", among="all")
    assert (share.share, share.low) == (0.0, 0.0)
    assert share.high is not None
    assert 0 < share.high < 0.3


def test_small_groups_are_suppressed_and_outlets_are_not() -> None:
    few = one(shares(crowd(8)), value="rising_costs", among="all")
    assert (few.share, few.low, few.high, few.method, few.n_authors) == (None, None, None, "suppressed", 8)
    outlets = [post(i, f"channel{i}", "against", "rising_costs", voice="outlet") for i in range(3)]
    share = one(shares(outlets, voices=("outlets",)), value="rising_costs", among="all")
    assert (share.share, share.n_authors) == (1.0, 3)
    assert one(shares(outlets[:1], voices=("outlets",)), value="sympathy", among="all").method == "insufficient"


def test_the_order_of_rows_changes_nothing() -> None:
    rows = crowd(30)
    assert shares(rows) == shares(rows[::-1])


def test_no_posts_and_no_narratives_give_no_rows() -> None:
    frame = pl.DataFrame(crowd(), schema_overrides={"narratives": pl.List(pl.String)})
    form = {"target": "t", "model": "m", "by": "week", "zone": ALMATY, "horizon": OCTOBER}
    assert not list(estimate_narratives(frame, [], **form))  # type: ignore[arg-type]
    assert not list(estimate_narratives(frame.clear(), NARRATIVES, **form))  # type: ignore[arg-type]
