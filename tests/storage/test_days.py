"""Posts by local day: days begin at local midnight, moved posts count where they were, silent days are marked."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.coverage import coverage_frame, refresh_coverage
from storage.database import Database, open_database
from storage.days import day_starts, day_totals, hour_totals, posts_days_between, source_days
from storage.posts import latest_revision, mark_deleted, set_languages, upsert_posts
from storage.records import Post, Source
from storage.sources import upsert_source
from storage.types import from_microseconds, to_microseconds

ALMATY = ZoneInfo("Asia/Almaty")
MARCH = dt.date(2026, 3, 1)


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=ALMATY).astimezone(dt.UTC)


def post(native_id: str, posted_at: dt.datetime, source: str = "forum", **more: str) -> Post:
    return Post(source, native_id, posted_at, "text", **more)  # type: ignore[arg-type]


def write(database: Database, *posts: Post) -> int:
    with database.write() as c:
        upsert_posts(c, posts)
        return latest_revision(c)


def changed_days(database: Database, after: int = 0, up_to: int = 10**9) -> set[int]:
    with database.read() as c:
        return {day.day for day in posts_days_between(c, after, up_to, ALMATY)}


def test_days_between_are_local_days_of_those_revisions(database: Database) -> None:
    write(database, post("1", at(2, 0)), post("2", at(2, 23, 59)), post("3", at(4, 0)))
    assert changed_days(database) == {2, 4}
    assert changed_days(database, after=2) == {4}
    assert changed_days(database, up_to=2) == {2}
    assert changed_days(database, after=3) == set()


def test_a_post_that_moves_counts_for_every_day_it_left(database: Database) -> None:
    before = write(database, post("1", at(2, 12)))
    write(database, post("1", at(5, 12)))
    write(database, post("1", at(9, 12)))
    assert changed_days(database, before) == {2, 5, 9}


def test_a_deletion_counts_for_its_day(database: Database) -> None:
    before = write(database, post("1", at(2, 12)), post("2", at(3, 12)))
    with database.write() as c:
        mark_deleted(c, [("forum", "2")], at(9, 9))
    assert changed_days(database, before) == {3}


def test_totals_by_day_voice_and_group(database: Database) -> None:
    with database.write() as c:
        upsert_source(c, Source("forum", "forum", region="Almaty"))
    write(
        database, post("1", at(2, 0)), post("2", at(2, 23, 59)), post("3", at(3, 0)), post("4", at(3, 5)),
        post("5", at(3, 6), "channel", voice="outlet"), post("6", at(9, 0)),
    )  # fmt: skip
    with database.write() as c:
        mark_deleted(c, [("forum", "4")], at(4, 4))
        set_languages(c, {("forum", "1"): "kk"})
    with database.read() as c:
        by = {
            group: day_totals(c, ALMATY, MARCH, dt.date(2026, 3, 8), group).rows()
            for group in ("all", "source", "language", "region")
        }
    second, third = dt.date(2026, 3, 2), dt.date(2026, 3, 3)
    assert by["all"] == [(second, "all", 2, 0, 2), (third, "all", 1, 1, 2)]
    assert by["source"] == [(second, "forum", 2, 0, 2), (third, "channel", 0, 1, 1), (third, "forum", 1, 0, 1)]
    assert by["language"] == [(second, "", 1, 0, 1), (second, "kk", 1, 0, 1), (third, "", 1, 1, 2)]
    assert by["region"] == [(second, "Almaty", 2, 0, 2), (third, "", 0, 1, 1), (third, "Almaty", 1, 0, 1)]


def test_totals_of_nothing_have_the_same_columns(database: Database) -> None:
    with database.read() as c:
        frame = day_totals(c, ALMATY, MARCH, MARCH)
    assert frame.is_empty()
    assert frame.columns == ["day", "value", "people", "outlets", "posts"]


zones = st.sampled_from(["Asia/Almaty", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Europe/Kyiv", "UTC"])
moments = st.datetimes(dt.datetime(1972, 2, 1), dt.datetime(2036, 1, 1), timezones=st.just(dt.UTC))


@settings(max_examples=15, deadline=None)
@given(zone=zones, moments=st.lists(moments, min_size=1, max_size=30))
def test_days_are_those_of_the_time_zone_database(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, zone: str, moments: list[dt.datetime]
) -> None:
    local = ZoneInfo(zone)
    days = [moment.astimezone(local).date() for moment in moments]
    copy = shutil.copy(sqlite_template, tmp_path_factory.mktemp("days"))
    with open_database(f"sqlite:///{copy}") as database:
        write(database, *(post(str(number), moment) for number, moment in enumerate(moments)))
        with database.read() as c:
            assert source_days(c, local, min(days), max(days)) == {("forum", d): n for d, n in Counter(days).items()}
            assert source_days(c, local, min(days), min(days)) == {("forum", min(days)): days.count(min(days))}
            assert posts_days_between(c, 0, len(moments), local) == set(days)


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_an_instant_survives_storage(moment: dt.datetime) -> None:
    assert from_microseconds(to_microseconds(moment)) == moment


def test_a_local_day_begins_at_local_midnight() -> None:
    assert day_starts(MARCH, ALMATY) == dt.datetime(2026, 2, 28, 19, tzinfo=dt.UTC)
    # Until 2024-03-01 Almaty was six hours ahead of UTC.
    assert day_starts(dt.date(2024, 2, 29), ALMATY) == dt.datetime(2024, 2, 28, 18, tzinfo=dt.UTC)


def covered(database: Database, *days: int) -> list[tuple[str, int, int, str]]:
    with database.write() as c:
        refresh_coverage(c, ALMATY, [dt.date(2026, 3, day) for day in days])
        frame = coverage_frame(c)
    return frame.select("source", pl.col("day").dt.day().cast(pl.Int64), "posts", "status").rows()


def test_a_silent_day_inside_the_span_of_a_source_is_marked(database: Database) -> None:
    write(database, post("1", at(2, 0)), post("2", at(2, 1)), post("3", at(5, 0)), post("1", at(3, 3), "channel"))
    assert covered(database, 2, 3, 5) == [
        ("channel", 3, 1, "ok"),
        ("forum", 2, 2, "ok"), ("forum", 3, 0, "empty"), ("forum", 4, 0, "empty"), ("forum", 5, 1, "ok"),
    ]  # fmt: skip


def test_days_that_were_never_counted_are_counted(database: Database) -> None:
    write(database, post("1", at(2, 0)), post("2", at(3, 0)), post("3", at(4, 0)))
    assert covered(database, 4) == [("forum", 2, 1, "ok"), ("forum", 3, 1, "ok"), ("forum", 4, 1, "ok")]


def test_a_day_is_counted_again_where_posts_came_or_moved_away(database: Database) -> None:
    write(database, post("1", at(2, 0)), post("2", at(4, 0)))
    covered(database, 2, 4)
    write(database, post("3", at(3, 0)), post("2", at(3, 9)))
    assert covered(database, 3, 4) == [("forum", 2, 1, "ok"), ("forum", 3, 2, "ok")]
    assert covered(database, 3, 4) == covered(database)


def test_coverage_counts_deleted_posts_and_one_source_on_request(database: Database) -> None:
    write(database, replace(post("1", at(2, 0)), deleted_at=at(3, 0)), post("1", at(2, 0), "channel"))
    covered(database, 2)
    with database.read() as c:
        assert coverage_frame(c, "forum").rows() == [("forum", dt.date(2026, 3, 2), 1, 0, "ok")]
        assert coverage_frame(c, "nobody").is_empty()


def test_hours_are_instants_and_sources_can_be_left_out(database: Database) -> None:
    write(database, post("1", at(2, 0, 10)), post("2", at(2, 0, 50)), post("3", at(2, 1), "chat"))
    with database.read() as c:
        hours = hour_totals(c, ALMATY, MARCH, MARCH + dt.timedelta(days=1))
        assert hours.select("time", "value", "posts").rows() == [(at(2, 0), "all", 2), (at(2, 1), "all", 1)]
        days = day_totals(c, ALMATY, MARCH, dt.date(2026, 3, 9), "source", without={"chat"})
        assert days.select("value", "posts").rows() == [("forum", 2)]
