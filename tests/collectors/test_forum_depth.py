"""Boards within boards: as many levels as were asked for, each board once."""

from __future__ import annotations

import asyncio
import re

import pytest
from forum_reading import packs

from collectors.forums.engines import find_engine
from collectors.forums.fetching import FetchError
from collectors.forums.pages import Page
from collectors.forums.run import Run
from collectors.forums.state import State
from collectors.forums.walker import Walker

START = "http://f.kz/viewforum.php?f=0"


def page(url: str) -> Page:
    """Board n links to board n + 1, back to the first, and to one thread of its own."""
    if found := re.search(r"f=(\d+)", url):
        number = int(found[1])
        return Page(
            url,
            f"<html><body id='phpbb'><a class='forumtitle' href='./viewforum.php?f={number + 1}'>x</a>"
            f"<a class='forumtitle' href='./viewforum.php?f=0'>top</a><ul class='topics'><li class='row'>"
            f"<a class='topictitle' href='./viewtopic.php?t={number}'>x</a></li></ul></body></html>",
        )
    number = int(url.rpartition("=")[2])
    return Page(
        url,
        f"<html><body id='phpbb'><div class='post' id='p{number}'><p class='author'>"
        f"<time datetime='2024-03-12T08:00:00Z'></time></p><div class='content'>сөз</div></div></body></html>",
    )


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_boards_are_followed_as_deep_as_was_asked(depth: int) -> None:
    asked: list[str] = []

    async def fetch(url: str) -> Page:
        asked.append(url)
        if "f.kz" not in url:
            raise FetchError("not here")
        return page(url)

    told: list[dict[str, object]] = []
    run = Run(fetch, told.append, State(), packs(), find_engine("phpbb", packs()), 100)
    asyncio.run(Walker(run, recheck_pages=0, depth=depth).walk([START]))
    posts = [post[0] for one in told for post in one.get("posts", ())]  # type: ignore[attr-defined]
    assert posts == [f"/viewtopic.php?p={number}#p{number}" for number in range(depth + 1)]
    assert len(asked) == len(set(asked)), "no page twice, though boards link to each other"
