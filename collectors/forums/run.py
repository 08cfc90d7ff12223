"""One run over one source: what it fetches with, what it tells, how far it is, and how many pages it may still read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collectors.forums.engines import detect
from collectors.forums.fetching import Emit, Fetch, FetchError, Stop
from collectors.forums.pages import Engine, Listing, Page, ThreadPage
from collectors.forums.state import State
from configs.boards import EngineRules

MOST_FAILURES_IN_A_ROW = 20


@dataclass(slots=True)
class Run:
    """`emit` gets a dictionary for each page: posts, what failed, and the change of state. `failures`: pages that could
    not be had, one after the other, up to now."""

    fetch: Fetch
    emit: Emit
    state: State
    packs: Sequence[EngineRules]
    engine: Engine | None
    pages: int
    failures: int = 0

    async def get(self, url: str) -> Page:
        """The page, out of the budget. FetchError where it cannot be had, Stop where nothing can be had any more."""
        self.pages -= 1
        try:
            page = await self.fetch(url)
        except FetchError:
            self.failures += 1
            if self.failures >= MOST_FAILURES_IN_A_ROW:
                raise Stop(f"{self.failures} pages one after the other could not be had, {url} the last") from None
            raise
        self.failures = 0
        return page

    def parsed(self, page: Page, thread: str, engine: Engine | None = None) -> ThreadPage:
        """The posts on a page; none where it is of no engine that is known, or such that reading it breaks off."""
        try:
            engine = engine or self.engine or detect(page, self.packs)
            return engine.thread(page, thread) if engine else ThreadPage()
        except Exception as error:  # what parsers of others raise over broken pages is beyond counting
            return ThreadPage(faults=[_unreadable(page, error)])

    def listed(self, page: Page, engine: Engine) -> Listing:
        """The boards and threads on a page; none, and a word about it, where reading it breaks off."""
        try:
            return engine.listing(page)
        except Exception as error:  # as above
            self.emit({"rejected": [list(_unreadable(page, error))]})
            return Listing()

    def change(self, change: dict[str, Any], message: dict[str, Any] | None = None) -> None:
        """The state from now on, told together with what it follows from."""
        self.state.merge(change)
        self.emit({**(message or {}), "state": change})


def _unreadable(page: Page, error: Exception) -> tuple[str, str]:
    return page.url, f"the page is such that it cannot be read ({type(error).__name__}: {error})"[:300]
