"""Shares are replaced period by period; polls and comparisons all together."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, fields, replace

import polars as pl
import pytest

from storage.database import Database
from storage.polls import comparison_frame, polls, replace_comparisons, replace_polls
from storage.records import Comparison, Poll, Share
from storage.shares import replace_shares, share_frame

SHARE = Share(
    "migrants", "week", "2026-W10", dt.date(2026, 3, 2), "all", "", "people", "opinionated", "against", "m",
    0.41, 0.35, 0.47, 300, 120, 0, 98.5, 1.2, "bootstrap", True,
)  # fmt: skip
POLL = Poll(
    "bureau-2026", "Bureau", dt.date(2026, 2, 1), dt.date(2026, 2, 9), "migrants", "Как вы относитесь?",
    {"against": 0.4, "favor": 0.35}, "https://example.org", 1100, 0.03, "face to face",
)  # fmt: skip
COMPARISON = Comparison(
    "bureau-2026", "migrants", "against", dt.date(2026, 2, 2), dt.date(2026, 2, 15), "m",
    0.5, 0.4, 0.1, 0.02, 0.18, 0.99, 120, 98.5, "above",
)  # fmt: skip


def write(database: Database, periods: list[str], *shares: Share) -> None:
    with database.write() as c:
        replace_shares(c, target="migrants", model="m", by="week", periods=periods, shares=shares)


def read(database: Database, **wanted: object) -> list[Share]:
    with database.read() as c:
        return [Share(**row) for row in share_frame(c, **wanted).iter_rows(named=True)]  # type: ignore[arg-type]


def test_a_share_reads_back_as_it_was(database: Database) -> None:
    suppressed = replace(SHARE, value="x", group="region", share=None, low=None, high=None, n_eff=None, deff=None)
    write(database, ["2026-W10"], SHARE, suppressed)
    assert read(database, target="migrants", by="week") == [SHARE, suppressed]
    with database.read() as c:
        frame = share_frame(c, target="nobody")
        assert frame.columns == [field.name for field in fields(Share)]
        assert frame.schema["starts"] == pl.Date
        assert frame.schema["complete"] == pl.Boolean


def test_a_period_is_replaced_whole_and_the_others_stay(database: Database) -> None:
    earlier = replace(SHARE, period="2026-W09", starts=dt.date(2026, 2, 23))
    write(database, ["2026-W09", "2026-W10"], SHARE, earlier, replace(SHARE, stance="favor"))
    write(database, ["2026-W10"], replace(SHARE, share=0.5))
    assert read(database) == [earlier, replace(SHARE, share=0.5)]
    write(database, ["2026-W10"])
    assert read(database) == [earlier]


def test_another_model_target_or_width_stays(database: Database) -> None:
    write(database, ["2026-W10"], SHARE)
    with database.write() as c:
        replace_shares(c, target="migrants", model="n", by="week", periods=["2026-W10"], shares=[])
        replace_shares(c, target="russia", model="m", by="week", periods=["2026-W10"], shares=[])
        replace_shares(c, target="migrants", model="m", by="month", periods=["2026-W10"], shares=[])
    assert read(database) == [SHARE]


@pytest.mark.parametrize("other", [{"target": "russia"}, {"model": "n"}, {"by": "day"}, {"period": "2026-W11"}])
def test_a_share_of_something_else_is_refused(database: Database, other: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="name its period in `periods`"):
        write(database, ["2026-W10"], replace(SHARE, **other))  # type: ignore[arg-type]


def test_what_is_asked_for_is_what_comes(database: Database) -> None:
    shares = [
        SHARE, replace(SHARE, voices="outlets"), replace(SHARE, among="all"), replace(SHARE, stance="favor"),
        replace(SHARE, group="language", value="kk"), replace(SHARE, group="language", value="ru"),
    ]  # fmt: skip
    write(database, ["2026-W10"], *shares)
    assert len(read(database)) == 4
    assert len(read(database, voices=None, among=None)) == 6
    assert read(database, voices="outlets") == [shares[1]]
    assert [share.value for share in read(database, group="language")] == ["kk", "ru"]
    assert read(database, group="language", value="ru", stance="against", model="m") == [shares[5]]


def test_polls_are_those_of_the_configuration(database: Database) -> None:
    earlier = replace(POLL, poll="earlier", ends=dt.date(2026, 2, 3), n=None, margin=None, target="russia")
    with database.write() as c:
        replace_polls(c, [POLL, earlier])
        assert polls(c) == [earlier, POLL]
        assert polls(c, "migrants") == [POLL]
        replace_polls(c, [POLL])
        assert polls(c) == [POLL]


def test_comparisons_are_replaced_together(database: Database) -> None:
    insufficient = replace(
        COMPARISON, target="russia", monitor_share=None, difference=None, low=None, high=None, p_above=None,
        n_eff=None, verdict="insufficient", reason="n_eff 12 is below 50",
    )  # fmt: skip
    with database.write() as c:
        replace_comparisons(c, [insufficient, COMPARISON])
        assert comparison_frame(c).rows(named=True) == [asdict(COMPARISON), asdict(insufficient)]
        assert comparison_frame(c, "russia").rows(named=True) == [asdict(insufficient)]
        replace_comparisons(c, [])
        assert comparison_frame(c).is_empty()
