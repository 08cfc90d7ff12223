"""Old texts go, numbers stay; what was deleted or purged is quoted by no alert."""

from __future__ import annotations

import datetime as dt

from storage.alerts import alert, store_alert
from storage.database import Database
from storage.posts import mark_deleted, posts_by_key, upsert_posts
from storage.records import Alert, Post
from storage.retention import forget_quotes, purge_texts

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def test_quotes_go_with_their_posts(database: Database) -> None:
    quotes = [{"source": "chat", "native_id": str(n), "posted_at": "", "text": f"text {n}"} for n in range(4)]
    why = {"typical_posts": quotes, "words": [{"word": "text"}]}
    spike = Alert("r", "migrants", "all", "all", "2026-03-02", "mentions", 9, 3, 5, 2, explanation=why)
    with database.write() as c:
        upsert_posts(c, [Post("chat", str(n), NOON + n * DAY, f"text {n}") for n in range(3)])
        store_alert(c, spike, [])
        assert forget_quotes(c) == 1, "the fourth post is not there"
        mark_deleted(c, [("chat", "2")], NOON + 9 * DAY)
        assert purge_texts(c, NOON + DAY) == 1
        assert posts_by_key(c, [("chat", "0")])["chat", "0"].text == ""
        assert forget_quotes(c) == 2
        assert forget_quotes(c) == 0
        kept = alert(c, 1).explanation
    assert [one["native_id"] for one in kept["typical_posts"]] == ["1"]
    assert kept["words"] == [{"word": "text"}]
