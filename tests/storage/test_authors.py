"""When authors were first seen in what was collected."""

from __future__ import annotations

import datetime as dt

from storage.authors import first_seen, history_begins
from storage.database import Database
from storage.posts import mark_deleted, upsert_posts
from storage.records import Post

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def test_the_first_post_in_any_source_counts_deleted_or_not(database: Database) -> None:
    with database.write() as c:
        assert (first_seen(c, ["a"]), history_begins(c)) == ({}, None)
        posts = [("x", "1", 5, "a"), ("x", "2", 3, "a"), ("y", "1", 1, "a"), ("y", "2", 2, "b"), ("y", "3", 0, "")]
        upsert_posts(c, [Post(source, id, NOON + day * DAY, "t", author=who) for source, id, day, who in posts])
        mark_deleted(c, [("y", "1")], NOON + 9 * DAY)
        assert first_seen(c, ["a", "b", "c", "", "a"]) == {"a": NOON + DAY, "b": NOON + 2 * DAY}
        assert history_begins(c) == NOON
