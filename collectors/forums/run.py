"""One run over one source: what it fetches with, what it tells, how far it is, and how many pages it may still read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collectors.forums.engines import detect
from collectors.forums.fetching import Emit, Fetch, FetchError, Stop
from collectors.forums.pages import Engine, Page, ThreadPage
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

    def parsed(self, page: Page, thread: str) -> ThreadPage:
        """The posts on a page; none where it is of no engine that is known."""
        self.engine = self.engine or detect(page, self.packs)
        return self.engine.thread(page, thread) if self.engine else ThreadPage()

    def change(self, change: dict[str, Any], message: dict[str, Any] | None = None) -> None:
        """The state from now on, told together with what it follows from."""
        self.state.merge(change)
        self.emit({**(message or {}), "state": change})
