"""Posts are written by key: the same again is nothing, a change is one new revision, and nobody's id is another's."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.database import Database, open_database
from storage.fingerprint import fingerprint
from storage.posts import (
    StoredPost,
    Written,
    changed_posts,
    count_posts,
    latest_revision,
    mark_deleted,
    posts_by_key,
    set_languages,
    upsert_posts,
)
from storage.records import Post
from storage.rejected import rejected

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
POST = Post("forum", "1", NOON, "Пусть приезжают", author="a1", thread="t", views=5, language="ru", collected_at=NOON)


def write(database: Database, *posts: Post) -> Written:
    with database.write() as c:
        return upsert_posts(c, posts)


def read(database: Database, after: int = 0) -> list[StoredPost]:
    with database.read() as c:
        return changed_posts(c, after, 1000)


def test_a_post_reads_back_as_it_was(database: Database) -> None:
    full = replace(
        POST,
        reply_to="0",
        forwarded_from="news",
        voice="outlet",
        edited_at=NOON,
        deleted_at=NOON,
        forwards=2**40,
        reactions=0,
        text_digest="d",
    )
    write(database, full)
    assert read(database) == [StoredPost(1, full)]


@pytest.mark.parametrize("year", [1, 1969, 1970, 2026, 2100, 9999])
def test_any_year_keeps_its_microsecond(database: Database, year: int) -> None:
    moment = dt.datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC)
    write(database, replace(POST, posted_at=moment))
    assert read(database)[0].post.posted_at == moment


def test_a_time_of_another_zone_is_the_same_instant(database: Database) -> None:
    write(database, POST)
    assert write(database, replace(POST, posted_at=NOON.astimezone(dt.timezone(dt.timedelta(hours=5))))).unchanged == 1
    assert read(database)[0].post.posted_at.tzinfo == dt.UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        write(database, replace(POST, posted_at=NOON.replace(tzinfo=None)))


def test_revisions_follow_the_order_of_the_input(database: Database) -> None:
    write(database, *(replace(POST, native_id=name) for name in "cab"))
    write(database, replace(POST, native_id="a", text="!"), replace(POST, native_id="d"))
    assert [(stored.revision, stored.post.native_id) for stored in read(database)] == [
        (1, "c"),
        (3, "b"),
        (4, "a"),
        (5, "d"),
    ]
    assert [stored.revision for stored in read(database, after=3)] == [4, 5]
    with database.read() as c:
        assert latest_revision(c) == 5
        assert [stored.revision for stored in changed_posts(c, 0, 2)] == [1, 3]


def test_the_same_again_changes_nothing(database: Database) -> None:
    assert write(database, POST) == Written(1, 0, 0)
    later = replace(POST, collected_at=NOON + dt.timedelta(days=1))
    assert write(database, later) == Written(0, 0, 1)
    assert read(database) == [StoredPost(1, POST)]


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Пусть уезжают"}, {"edited_at": NOON}, {"author": "a2"}, {"voice": "outlet"}, {"thread": "u"},
        {"posted_at": NOON + dt.timedelta(microseconds=1)}, {"reply_to": "9"}, {"deleted_at": NOON},
    ],
)  # fmt: skip
def test_a_change_of_content_is_a_revision(database: Database, change: dict[str, Any]) -> None:
    write(database, POST)
    assert write(database, replace(POST, **change)) == Written(0, 1, 0)
    assert read(database) == [StoredPost(2, replace(POST, **change))]


@pytest.mark.parametrize("change", [{"views": 6}, {"forwards": 1}, {"reactions": 3}, {"forwarded_from": "x"}])
def test_new_counts_are_taken_over_without_a_revision(database: Database, change: dict[str, Any]) -> None:
    write(database, POST)
    assert write(database, replace(POST, collected_at=None, **change)) == Written(0, 0, 1)
    assert read(database) == [StoredPost(1, replace(POST, **change))]


def test_what_the_new_version_does_not_say_stays(database: Database) -> None:
    write(database, replace(POST, deleted_at=NOON, text_digest="d"))
    write(database, replace(POST, views=None, language=""))
    assert read(database) == [StoredPost(1, replace(POST, deleted_at=NOON, text_digest="d"))]


def test_another_text_has_its_own_language_and_digest(database: Database) -> None:
    write(database, replace(POST, text_digest="d"))
    write(database, replace(POST, text="Қайырлы күн", language="", text_digest="e"))
    assert read(database)[0].post.language == ""
    assert read(database)[0].post.text_digest == "e"


def test_of_one_key_twice_in_a_batch_the_last_counts(database: Database) -> None:
    assert write(database, POST, replace(POST, text="second")) == Written(1, 0, 0)
    assert [stored.post.text for stored in read(database)] == ["second"]


def test_two_sources_never_collide(database: Database) -> None:
    write(database, POST, replace(POST, source="channel", text="other"))
    assert write(database, POST).unchanged == 1
    assert {(stored.post.source, stored.post.text) for stored in read(database)} == {
        ("forum", POST.text), ("channel", "other"),
    }  # fmt: skip


def test_what_no_database_can_hold_is_cleaned_and_stays_the_same_post(database: Database) -> None:
    wild = replace(POST, text="a\x00b \ud800 \U0001f600 \u202eright", author="\x00", views=10**30, forwards=-1)
    assert write(database, wild) == Written(1, 0, 0)
    assert write(database, wild) == Written(0, 0, 1)
    stored = read(database)[0].post
    assert stored.text == "ab \ufffd \U0001f600 \u202eright"
    assert (stored.author, stored.views, stored.forwards) == ("", None, None)


def test_a_post_of_a_megabyte_is_a_post(database: Database) -> None:
    write(database, replace(POST, text="ж" * 1_000_000))
    assert len(read(database)[0].post.text) == 1_000_000


def test_a_post_without_a_usable_id_is_kept_aside_and_stops_nobody(database: Database) -> None:
    written = write(database, replace(POST, native_id=""), replace(POST, native_id="я" * 5000), POST)
    assert written == Written(1, 0, 0, rejected=2)
    with database.read() as c:
        assert [item.reason for item in rejected(c)] == [
            "the post's id has 0 characters; 1 to 295 can be stored",
            "the post's id has 5000 characters; 1 to 295 can be stored",
        ]


def test_a_language_is_set_without_a_revision_and_survives_a_new_import(database: Database) -> None:
    write(database, POST, replace(POST, native_id="2"))
    with database.write() as c:
        set_languages(c, {("forum", "1"): "kk"})
    assert write(database, POST).unchanged == 1
    assert [(stored.revision, stored.post.language) for stored in read(database)] == [(1, "kk"), (2, "ru")]


def test_deletion_is_a_revision_once(database: Database) -> None:
    write(database, POST, replace(POST, native_id="2"))
    with database.write() as c:
        assert mark_deleted(c, [("forum", "1"), ("forum", "1"), ("forum", "unknown")], NOON) == 1
        assert mark_deleted(c, [("forum", "1")], NOON + dt.timedelta(days=1)) == 0
    assert [(stored.revision, stored.post.deleted_at) for stored in read(database)] == [(2, None), (3, NOON)]
    assert write(database, POST).unchanged == 1


def test_posts_are_found_by_key(database: Database) -> None:
    write(database, POST)
    with database.read() as c:
        assert posts_by_key(c, [("forum", "1"), ("forum", "2")]) == {("forum", "1"): POST}
        assert count_posts(c) == 1


def test_an_empty_batch_is_nothing(database: Database) -> None:
    assert write(database) == Written(0, 0, 0)


def test_more_keys_than_a_statement_takes_parameters(database: Database) -> None:
    write(database, POST)
    with database.read() as c:
        assert list(posts_by_key(c, [("forum", str(number)) for number in range(70_000)])) == [("forum", "1")]


wild_posts = st.lists(
    st.builds(
        Post,
        source=st.sampled_from(["a", "b"]),
        native_id=st.text(alphabet=st.sampled_from("01\x00\ud800"), max_size=3),
        posted_at=st.datetimes(timezones=st.just(dt.UTC)),
        text=st.text(alphabet=st.characters(codec=None, max_codepoint=0x1F6FF), max_size=20),
        edited_at=st.none() | st.datetimes(timezones=st.just(dt.UTC)),
        deleted_at=st.none() | st.datetimes(timezones=st.just(dt.UTC)),
        views=st.none() | st.integers(-(2**70), 2**70),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(posts=wild_posts)
def test_writing_again_never_changes_the_database(sqlite_template: Path, posts: list[Post]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copy(sqlite_template, Path(folder) / "pikir.db")
        with open_database(f"sqlite:///{path}") as database, database.write() as c:
            first = upsert_posts(c, posts)
            before = fingerprint(c)
            distinct = [stored.post for stored in changed_posts(c, 0, 1000)]
            assert upsert_posts(c, distinct) == Written(0, 0, len(distinct))
            assert fingerprint(c) == before
            assert (first.new, latest_revision(c)) == (len(distinct), len(distinct))
