"""A look at a source before anything is stored: its engine, its threads, and the first posts."""

from __future__ import annotations

from typing import Any

from collectors.forums.engines import detect
from collectors.forums.feeds import FeedEngine, is_feed
from collectors.forums.fetching import FetchError, Stop, unknown_engine
from collectors.forums.pages import Engine, Page, ThreadPage, told
from collectors.forums.run import Run

MOST_TRIED = 3
ENOUGH_POSTS = 5


async def probe(run: Run, url: str) -> dict[str, Any]:
    """What would be read at `url`: {engine, boards, threads, posts…} of a list and the fullest of its first threads.

    Stop where the page cannot be had or is of no engine that is known.
    """
    try:
        return await _probe(run, url)
    except FetchError as error:
        raise Stop(f"{url}: {error}") from None


async def _probe(run: Run, url: str) -> dict[str, Any]:
    page = await run.fetch(url)
    engine = FeedEngine() if is_feed(page) else run.engine or detect(page, run.packs)
    if engine is None:
        raise unknown_engine(url)
    page = await _best(run, engine, url, page)
    listing = run.listed(page, engine)
    boards, threads = list(listing.boards), list(listing.threads)
    parsed, thread = run.parsed(page, engine.thread_id(url), engine), engine.thread_id(url)
    lists = [board for board in boards if not threads][:1]
    for board in lists:
        threads = list(run.listed(await _best(run, engine, board), engine).threads)
    if not isinstance(engine, FeedEngine) or not is_feed(page):
        for link in threads[:MOST_TRIED]:
            if len(parsed.posts) >= ENOUGH_POSTS:
                break
            read = await run.fetch(link.url)
            found = run.parsed(read, link.id, engine)
            if len(found.posts) > len(parsed.posts):
                page, thread, parsed = read, link.id, found
    return _answer(engine.name, boards, [[one.url, one.title, one.signature] for one in threads], parsed, page, thread)


async def _best(run: Run, engine: Engine, url: str, found: Page | None = None) -> Page:
    """The form that the engine reads best, or the page as people see it where the server does not give that."""
    if engine.first(url) != url:
        try:
            return await run.fetch(engine.first(url))
        except FetchError as error:
            if not (error.gone or error.refused):
                raise
    return found or await run.fetch(url)


def _answer(
    engine: str, boards: list[str], threads: list[list[str]], parsed: ThreadPage, page: Page, thread: str
) -> dict[str, Any]:
    told_of = told(parsed, page, thread)
    return {**told_of, "engine": engine, "boards": boards, "threads": threads, "title": parsed.title}
