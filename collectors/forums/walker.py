"""Which page comes next: boards from the top until nothing is new, threads behind what was read, then a second look.

Pages are fetched one after the other, and the list goes on only when its threads are read: wherever a run is cut off,
the next one finds what is missing from the state alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from collectors.forums.engines import detect
from collectors.forums.feeds import FeedEngine, is_feed
from collectors.forums.fetching import FetchError, Stop, unknown_engine
from collectors.forums.pages import Engine, Listing, Page, ThreadLink, told
from collectors.forums.run import Run
from collectors.forums.schema import SchemaEngine
from collectors.forums.since import Since
from collectors.forums.threads import Threads


@dataclass(slots=True)
class Walker:
    """A run through the lists of one source, and from there through its threads.

    `since`: what was silent since before it is left alone. `follow_feeds`: entries of a feed are pages to read.
    """

    run: Run
    recheck_pages: int
    depth: int
    follow_feeds: bool = False
    since: Since | None = None
    whole: bool = True
    """Whether the lists and threads were read to their end before the budget of pages was spent."""
    _threads: Threads = field(init=False)
    _listed: set[str] = field(default_factory=set)
    _starts: frozenset[str] = frozenset()
    _reason: str = ""

    def __post_init__(self) -> None:
        self._threads = Threads(self.run, self.follow_feeds)

    async def walk(self, starts: Sequence[str]) -> None:
        """Everything within the budgets. Stop where the server wants to be left alone or answers nothing any more."""
        self._begin()
        self._starts = frozenset(starts)
        reached = [await self._list(start, 0) for start in starts]
        if not any(reached):
            raise Stop(f"nothing could be read at {', '.join(starts)}: {self._reason}")
        for name, (url, _) in list(self.run.state.failed.items()):
            if name not in self._threads.done:
                await self._threads.read(ThreadLink(name, url))
        self.whole = self.run.pages > 0
        await self._threads.recheck(self.recheck_pages)

    def _begin(self) -> None:
        """Counts the run. What was left out because it was too old is read where `since` was moved back."""
        state, since = self.run.state, self.since.day.isoformat() if self.since else ""
        anew = bool(state.since) and since < state.since
        self.run.change({"run": state.run + 1, "since": since, **({"anew": True} if anew else {})})

    async def _list(self, start: str, level: int) -> bool:
        """A list from its first page: until a page brings nothing new, then where the last run did not come to.

        Whether its first page could be had.
        """
        if start in self._listed:
            return True
        self._listed.add(start)
        boards: dict[str, None] = {}
        resume, jumped, url = self.run.state.deep.get(start), False, start
        seen: set[str] = set()
        while url and url not in seen and self.run.pages > 0:
            seen.add(url)
            listing = await self._listing(url)
            if listing is None:
                return len(seen) > 1
            boards |= dict.fromkeys(listing.boards)
            threads, following = self._recent(listing)
            news = [await self._threads.read(link) for link in threads]
            if self.run.pages <= 0 and threads and not all(link.id in self._threads.done for link in threads):
                return True
            deep = resume is None or jumped
            if deep:
                self.run.change({"deep": {start: following}})
            if deep or any(news):
                url = following
            else:
                url, jumped = resume or "", True
        for board in boards if level < self.depth else ():
            await self._list(board, level + 1)
        return True

    def _recent(self, listing: Listing) -> tuple[list[ThreadLink], str]:
        """The threads that are not too old, and the next page, "" where the list has come to those that are."""
        since, engine = self.since, self.run.engine
        if since is None or engine is None:
            return list(listing.threads), listing.next
        first = next((pack.day_first for pack in self.run.packs if pack.engine == engine.name), True)
        kept = [link for link in listing.threads if not since.is_past(link.active, listing.zone, first)]
        return kept, listing.next if kept or not listing.threads else ""

    async def _listing(self, url: str) -> Listing | None:
        """What a page lists; a page with posts instead is a thread. None where it cannot be had."""
        try:
            page = await self._page(url)
            if is_feed(page):
                return self._feed(page)
            if self.run.engine is None:
                self.run.engine = self._detected(page)
                page = await self._page(url, page)
        except FetchError as error:
            self.run.emit({"rejected": [[url, str(error)]]})
            self._reason = str(error)
            return None
        listing = self.run.listed(page, self.run.engine)
        lists = bool(listing.threads or listing.boards)
        # A thread's page may list others that are like it. Where a page declares itself, its list may be of postings.
        if not (lists and isinstance(self.run.engine, SchemaEngine)) and self.run.parsed(page, "").posts:
            await self._threads.read(ThreadLink(self.run.engine.thread_id(url), self._best(url)), page)
            return Listing()
        if not lists and url in self._starts:
            self.run.emit({"rejected": [[url, "neither a thread nor a post was found on this page"]]})
        return listing

    async def _page(self, url: str, found: Page | None = None) -> Page:
        """The page in the form that the engine reads best; the page itself, which may be there already, where a server
        never gave that. A source is read in one form only: posts have other addresses in the other.

        FetchError where the page cannot be had.
        """
        best, state = self._best(url), self.run.state
        if best != url:
            try:
                return await self.run.get(best)
            except FetchError as error:
                if state.threads or not (error.gone or error.refused):
                    raise
                self.run.change({"plain": True})
        return found or await self.run.get(url)

    def _best(self, url: str) -> str:
        return self.run.engine.first(url) if self.run.engine and not self.run.state.plain else url

    def _feed(self, page: Page) -> Listing:
        """The entries of a feed are posts, or, for a source of comments, the pages that they stand under."""
        feed = FeedEngine()
        if self.follow_feeds:
            return self.run.listed(page, feed)
        self.run.emit(told(self.run.parsed(page, "", feed), page, ""))
        return Listing()

    def _detected(self, page: Page) -> Engine:
        try:
            engine = detect(page, self.run.packs)
        except Exception:  # a page that cannot be read is of no engine
            engine = None
        if engine is None:
            raise unknown_engine(page.url)
        return engine
