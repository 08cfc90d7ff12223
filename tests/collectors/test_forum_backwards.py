"""Comments of which the page shows the latest first and leads back to older ones, as WordPress can be set to."""

from __future__ import annotations

import asyncio

from forum_reading import packs

from collectors.forums.engines import find_engine
from collectors.forums.fetching import FetchError
from collectors.forums.pages import Page
from collectors.forums.run import Run
from collectors.forums.state import State
from collectors.forums.walker import Walker

START = "https://news.example.kz/arenda/"
PER_PAGE = 3


def page(url: str, comments: int) -> Page:
    """Page n holds the comments 3n-2 to 3n; the address of the article shows the last one."""
    last = -(-comments // PER_PAGE)
    number = int(url.rstrip("/").rsplit("-", 1)[-1]) if "comment-page" in url else last
    shown = range((number - 1) * PER_PAGE + 1, min(number * PER_PAGE, comments) + 1)
    items = "".join(
        f'<li class="comment" id="comment-{n}"><div class="comment-body"><cite class="fn">A</cite>'
        f'<div class="comment-meta"><time datetime="2024-03-12T14:{n:02}:00+06:00">x</time></div>'
        f"<p>Пікір {n}</p></div></li>"
        for n in shown
    )
    older = f'<div class="nav-previous"><a href="{START}comment-page-{number - 1}/">x</a></div>' if number > 1 else ""
    newer = f'<div class="nav-next"><a href="{START}comment-page-{number + 1}/">x</a></div>' if number < last else ""
    nav = f'<nav class="comment-navigation">{older}{newer}</nav>'
    return Page(url, f'<html><body><ol class="comment-list">{items}</ol>{nav}</body></html>')


def walk(comments: int, position: str = "") -> tuple[set[str], list[bool], str]:
    """The ids read, for each page whether it is told to begin the thread, and the state behind them."""
    told: list[dict[str, object]] = []

    async def fetch(url: str) -> Page:
        if not url.startswith(START):
            raise FetchError("not here", gone=True)
        return page(url, comments)

    state = State.parse(position)
    run = Run(fetch, told.append, state, packs(), find_engine("wordpress", packs()), 50)
    asyncio.run(Walker(run, recheck_pages=10, depth=1).walk([START]))
    pages = [one for one in told if "posts" in one]
    ids = {post[0] for one in pages for post in one["posts"]}  # type: ignore[attr-defined]
    return ids, [bool(one["first"]) for one in pages], str(state)


def test_every_page_is_read_back_to_the_first_and_new_comments_are_found() -> None:
    ids, first, state = walk(11)
    assert ids == {f"/arenda/#comment-{n}" for n in range(1, 12)}
    assert not any(first), "the page of the latest comments does not begin the thread: older ones are not gone"
    ids, _, _ = walk(14, state)
    assert {f"/arenda/#comment-{n}" for n in range(12, 15)} <= ids


def test_one_page_begins_and_ends_the_thread() -> None:
    assert walk(2)[1] == [True]
