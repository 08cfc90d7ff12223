"""Opinions replace one another post by post and read back as a frame; readings remember distinct texts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
import sqlalchemy as sa

from storage.database import Database
from storage.opinions import count_opinions, opinion_frame, opinions_of, replace_opinions
from storage.posts import mark_deleted, upsert_posts
from storage.readings import read_readings, write_readings
from storage.records import Opinion, Post, Reading, Source, TargetReading
from storage.sources import upsert_source

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
OPINION = Opinion("forum", "0", "migrants", "m", 0.7, 0.2, 0.1, "against", 3, 8, "қоныс", ("jobs", "crime"))
COLUMNS = {
    "source": pl.String, "native_id": pl.String, "author": pl.String, "voice": pl.String,
    "posted_at": pl.Datetime("us", "UTC"), "language": pl.String, "region": pl.String, "kind": pl.String,
    "text_digest": pl.String, "p_against": pl.Float64, "p_neutral": pl.Float64, "p_favor": pl.Float64,
    "stance": pl.String, "narratives": pl.List(pl.String),
}  # fmt: skip


@pytest.fixture
def filled(database: Database) -> Database:
    """Three posts on three days, each with an opinion of the model m on migrants."""
    with database.write() as c:
        upsert_source(c, Source("forum", "forum", region="Almaty"))
        names = [("forum", "0"), ("forum", "1"), ("undescribed", "0")]
        upsert_posts(c, [Post(*key, NOON + DAY * i, "text", "a", text_digest="d") for i, key in enumerate(names)])
        opinions = [replace(OPINION, source=source, native_id=native_id) for source, native_id in names]
        replace_opinions(c, names, "m", opinions)
    return database


def frame(database: Database, **wanted: object) -> pl.DataFrame:
    with database.read() as c:
        asked = {"target": "migrants", "model": "m", "starts": NOON, "ends": NOON + 9 * DAY} | wanted
        return opinion_frame(c, **asked)  # type: ignore[arg-type]


def test_the_frame_holds_post_source_and_opinion_in_one_row(filled: Database) -> None:
    read = frame(filled)
    assert dict(read.schema) == COLUMNS
    assert read.row(0) == (
        "forum", "0", "a", "person", NOON, "", "Almaty", "forum", "d", 0.7, 0.2, 0.1, "against", ["jobs", "crime"],
    )  # fmt: skip
    assert read.row(2, named=True)["region"] == "" == read.row(2, named=True)["kind"]


def test_the_frame_without_rows_has_the_same_columns(database: Database) -> None:
    assert frame(database).schema == frame(database).schema
    assert dict(frame(database).schema) == COLUMNS


def test_the_first_instant_is_in_the_last_is_not(filled: Database) -> None:
    assert frame(filled, ends=NOON + DAY)["posted_at"].to_list() == [NOON]


@pytest.mark.parametrize("other", [{"target": "russia"}, {"model": "another"}])
def test_another_target_or_model_is_another_frame(filled: Database, other: dict[str, str]) -> None:
    assert frame(filled, **other).is_empty()


def test_deleted_posts_are_left_out(filled: Database) -> None:
    with filled.write() as c:
        mark_deleted(c, [("forum", "0")], NOON)
        assert count_opinions(c) == {"migrants": {"against": 2}}
    assert frame(filled)["native_id"].to_list() == ["1", "0"]


def test_a_frame_of_several_pieces_is_whole(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.frames.PIECE", 7)
    keys = [("forum", str(number)) for number in range(50)]
    with database.write() as c:
        upsert_posts(c, [Post(*key, NOON, "text") for key in keys])
        replace_opinions(c, keys, "m", [replace(OPINION, native_id=native_id) for _, native_id in keys])
    assert sorted(map(int, frame(database)["native_id"])) == list(range(50))


def test_replacing_touches_these_posts_and_this_model_only(filled: Database) -> None:
    with filled.write() as c:
        replace_opinions(c, [("forum", "0")], "n", [replace(OPINION, model="n")])
        new = replace(OPINION, target="russia", narratives=())
        replace_opinions(c, [("forum", "0"), ("forum", "1")], "m", [new])
        assert opinions_of(c, "forum", "0") == [new, replace(OPINION, model="n")]
        assert opinions_of(c, "forum", "1") == []
        assert len(opinions_of(c, "undescribed", "0")) == 1


def test_an_opinion_on_another_post_is_refused(filled: Database) -> None:
    with filled.write() as c, pytest.raises(ValueError, match="forum/0 is not one of 'm' on the posts being replaced"):
        replace_opinions(c, [("forum", "1")], "m", [OPINION])


def test_an_opinion_on_a_post_that_is_not_there_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.write() as c:
        replace_opinions(c, [("forum", "0")], "m", [OPINION])


def test_a_text_read_once_is_known_by_its_digest(database: Database) -> None:
    target = TargetReading("migrants", 0, 5, "\x00қоныс", 0.1, 0.2, 0.7, "favor", ("jobs",))
    known = Reading("d1", "m", "kk", (replace(target, surface="қоныс"),))
    nothing = Reading("d2", "m", "mixed")
    with database.write() as c:
        write_readings(c, [replace(known, results=(target,)), nothing])
        write_readings(c, [replace(nothing, model="n", language="ru")])
        assert read_readings(c, ["d1", "d2", "d3", "d1"], "m") == {"d1": known, "d2": nothing}
        assert read_readings(c, [], "m") == {}
        write_readings(c, [replace(known, language="ru")])
        assert read_readings(c, ["d1"], "m")["d1"].language == "ru"
