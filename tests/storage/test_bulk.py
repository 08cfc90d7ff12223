"""Many rows at once say what few at once say, on both databases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from storage.bulk import bulk_insert
from storage.database import Database
from storage.opinions import opinions_of, replace_opinions
from storage.posts import posts_by_key, upsert_posts
from storage.readings import read_readings, write_readings
from storage.records import Opinion, Post, Reading, TargetReading
from storage.tables import driver_typed, readings

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
MANY = 620
AWKWARD = "таб\tновая\nстрока \\N \\ \"кавычки\" 'и' \x00 \ud83d 😀 қазақша"
POSTS = [Post("forum", str(i), NOON + dt.timedelta(minutes=i), f"{i} {AWKWARD}", "a") for i in range(MANY)]
KEYS = [("forum", str(i)) for i in range(MANY)]


def test_many_posts_come_back_as_they_were_written_and_may_change(database: Database) -> None:
    with database.write() as c:
        assert upsert_posts(c, POSTS).new == MANY
        assert upsert_posts(c, POSTS).unchanged == MANY
    edited = [replace(post, text="другое", views=7) if i % 2 else post for i, post in enumerate(POSTS)]
    with database.write() as c:
        written = upsert_posts(c, edited)
        stored = posts_by_key(c, KEYS)
    assert (written.changed, written.unchanged) == (MANY // 2, MANY // 2)
    assert stored["forum", "1"].text == "другое"
    assert stored["forum", "1"].views == 7
    assert stored["forum", "0"].text == f"0 {AWKWARD}".replace("\x00", "").replace("\ud83d", "\ufffd")
    assert stored["forum", "0"].views is None


def test_many_opinions_and_readings(database: Database) -> None:
    opinions = [Opinion(*key, "russia", "m", 0.7, 0.2, 0.1, "against", 3, 8, AWKWARD, ("a", "b")) for key in KEYS]
    result = TargetReading("russia", 0, 2, AWKWARD, 0.7, 0.2, 0.1, "against", ("jobs",))
    texts = [Reading(f"{i}", "m", "kk", (result,) if i % 2 else ()) for i in range(MANY)]
    with database.write() as c:
        upsert_posts(c, POSTS)
        for _ in range(2):
            replace_opinions(c, KEYS, "m", opinions)
            write_readings(c, [*texts, *texts])
        (found,) = opinions_of(c, "forum", "7")
        known = read_readings(c, [reading.text_digest for reading in texts], "m")
    assert found.narratives == ("a", "b")
    assert len(known) == MANY
    assert known["0"].results == ()
    assert known["1"].results[0].narratives == ("jobs",)


def test_opinions_on_posts_that_are_not_there_leave_nothing_behind(database: Database) -> None:
    opinions = [Opinion(*key, "russia", "m", 0.7, 0.2, 0.1, "against", 3, 8, "x") for key in KEYS]
    with pytest.raises(sa.exc.IntegrityError), database.write() as c:
        replace_opinions(c, KEYS, "m", opinions)
    with database.read() as c:
        assert opinions_of(c, *KEYS[0]) == []


def test_a_key_that_is_there_is_an_integrity_error(database: Database) -> None:
    rows = [{"text_digest": str(i), "model": "m", "language": "ru", "results": "[]"} for i in range(MANY)]
    with database.write() as c:
        bulk_insert(c, driver_typed(readings), rows)
    with pytest.raises(sa.exc.IntegrityError), database.write() as c:
        bulk_insert(c, driver_typed(readings), rows)
