"""A page that says "yesterday", read again days later from a server that calls it unchanged."""

from __future__ import annotations

from typing import Any

import pytest
from forum_reading import open_board, run

PAGE = {
    "url": "http://127.0.0.1:9/viewtopic.php?t=1",
    "thread": "1",
    "engine": "phpbb",
    "first": True,
    "next": "",
    "whole": True,
}
TIMES = {"/viewtopic.php?p=1#p1": "вчера, 14:05", "/viewtopic.php?p=2#p2": "3 сағат бұрын"}


def told(seen: str) -> list[dict[str, Any]]:
    """What the crawling process says of the page at a moment."""
    posts = [[native_id, "2", time, "сөз", "", "", "", "", False] for native_id, time in TIMES.items()]
    return [{**PAGE, "rejected": [], "posts": posts, "seen": seen}, {"end": "ok", "reason": "", "seen": seen}]


def test_a_post_keeps_the_time_that_was_read_first(monkeypatch: pytest.MonkeyPatch) -> None:
    board = open_board("http://127.0.0.1:9/viewtopic.php?t=1")
    monkeypatch.setattr("collectors.forums.forum.messages", lambda _: iter(told("2026-03-12T10:00:00+00:00")))
    first = run(board)
    monkeypatch.setattr("collectors.forums.forum.messages", lambda _: iter(told("2026-03-15T10:00:00+00:00")))
    later = run(board, first.position)
    assert [f"{post.posted_at:%d %H:%M}" for post in first.posts.values()] == ["11 09:05", "12 07:00"]
    assert later.posts == first.posts
