"""Which page comes next: boards from the top until nothing is new, threads behind what was read, then a second look.

Pages are fetched one after the other, and the list goes on only when its threads are read: wherever a run is cut off,
the next one finds what is missing from the state alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from collectors.forums.engines import detect
from collectors.forums.feeds import FeedEngine, is_feed
from collectors.forums.fetching import Emit, Fetch, FetchError, Stop, unknown_engine
from collectors.forums.pages import Engine, Listing, Page, ThreadLink, ThreadPage, successor, told
from collectors.forums.state import MOST_TRIES, State, ThreadState
from configs.boards import EngineRules

MOST_FAILURES_IN_A_ROW = 20


@dataclass(slots=True)
class Walker:
    """One run over one source. `emit` gets a dictionary for each page: posts, what failed, and the change of state."""

    fetch: Fetch
    emit: Emit
    state: State
    packs: Sequence[EngineRules]
    engine: Engine | None
    pages: int
    recheck_pages: int
    depth: int
    follow_feeds: bool = False
    _read: dict[str, str] = field(default_factory=dict)
    _listed: set[str] = field(default_factory=set)
    _done: set[str] = field(default_factory=set)
    _starts: frozenset[str] = frozenset()
    _begun: dict[str, bool] = field(default_factory=dict)
    _failures: int = 0
    _reason: str = ""

    async def walk(self, starts: Sequence[str]) -> None:
        """Everything within the budgets. Stop where the server wants to be left alone or answers nothing any more."""
        self.state.run += 1
        self.emit({"state": {"run": self.state.run}})
        self._starts = frozenset(starts)
        reached = [await self._list(start, 0) for start in starts]
        if not any(reached):
            raise Stop(f"nothing could be read at {', '.join(starts)}: {self._reason}")
        for name, (url, _) in list(self.state.failed.items()):
            if name not in self._done:
                await self._thread(ThreadLink(name, url))
        await self._recheck()

    async def _list(self, start: str, level: int) -> bool:
        """A list from its first page: until a page brings nothing new, then where the last run did not come to.

        Whether its first page could be had.
        """
        if start in self._listed:
            return True
        self._listed.add(start)
        boards: dict[str, None] = {}
        resume, jumped, url = self.state.deep.get(start), False, start
        seen: set[str] = set()
        while url and url not in seen and self.pages > 0:
            seen.add(url)
            listing = await self._listing(url)
            if listing is None:
                return len(seen) > 1
            boards |= dict.fromkeys(listing.boards)
            news = [await self._thread(link) for link in listing.threads]
            if self.pages <= 0 and listing.threads and not all(link.id in self._done for link in listing.threads):
                return True
            deep = resume is None or jumped
            if deep:
                self._change({"deep": {start: listing.next}})
            if deep or any(news):
                url = listing.next
            else:
                url, jumped = resume or "", True
        for board in boards if level < self.depth else ():
            await self._list(board, level + 1)
        return True

    async def _listing(self, url: str) -> Listing | None:
        """What a page lists; a page with posts instead is a thread. None where it cannot be had."""
        target = self.engine.first(url) if self.engine else url
        try:
            page = await self._get(target)
        except FetchError as error:
            self.emit({"rejected": [[url, str(error)]]})
            self._reason = str(error)
            return None
        if is_feed(page):
            return self._feed(page)
        if self.engine is None:
            self.engine = self._detected(page)
            if self.engine.first(url) != url:
                page = await self._preferred(url, page)
        listing = self.engine.listing(page)
        if not listing.threads and not listing.boards:
            if self.engine.thread(page, "").posts:
                await self._thread(ThreadLink(self.engine.thread_id(url), url), page)
                return Listing()
            if url in self._starts:
                self.emit({"rejected": [[url, "neither a thread nor a post was found on this page"]]})
        return listing

    async def _preferred(self, url: str, page: Page) -> Page:
        """The form of a page that the engine reads best; the page itself where the server does not give that."""
        assert self.engine is not None
        try:
            return await self._get(self.engine.first(url))
        except FetchError:
            return page

    def _feed(self, page: Page) -> Listing:
        """The entries of a feed are posts, or, for a source of comments, the pages that they stand under."""
        feed = FeedEngine()
        if self.follow_feeds:
            return feed.listing(page)
        self.emit(told(feed.thread(page, ""), page, ""))
        return Listing()

    def _detected(self, page: Page) -> Engine:
        engine = detect(page, self.packs)
        if engine is None:
            raise unknown_engine(page.url)
        return engine

    async def _thread(self, link: ThreadLink, page: Page | None = None) -> bool:
        """Reads what is new in a thread. Whether anything was, as far as the list or its last post tells."""
        known = self.state.threads.get(link.id)
        if link.id in self._done:
            return False
        if known and link.signature and known.signature == link.signature:
            self._done.add(link.id)
            return False
        before = known.last if known else ""
        await self._pages(link, known or ThreadState(link.url, link.url), page)
        after = self.state.threads.get(link.id)
        return bool(link.signature) or after is None or after.last != before

    async def _pages(self, link: ThreadLink, thread: ThreadState, page: Page | None) -> None:
        """Reads on from where the thread was left. A page that fails is left out and tried again in the next run."""
        url, before, seen, left_out = thread.at, thread.first, set[str](), False
        while url and url not in seen and self.pages > 0:
            seen.add(url)
            try:
                page = page or await self._get(url)
            except FetchError as error:
                if error.gone and url == thread.at != thread.first and not left_out:
                    # Pages grow fewer where posts are deleted or moved: begin again.
                    url, thread = thread.first, replace(thread, at=thread.first)
                    continue
                if not left_out:
                    self._failed(link, url, str(error))
                if left_out or url == thread.first:
                    return
                left_out, before, url = True, url, successor(before, url)
                continue
            parsed = self._parsed(page, link.id)
            if not parsed.posts and not parsed.next and not self.follow_feeds:
                self._failed(link, url, "no post was found on this page", parsed.faults)
                return
            follow = self._read[url] = parsed.next if parsed.next not in seen else ""
            if left_out:
                self.emit(told(parsed, page, link.id))
            else:
                thread = self._advanced(link, thread, page, parsed, url, follow)
            before, url, page = url, follow, None
        if not url or url in seen:
            self._done.add(link.id)

    def _advanced(
        self, link: ThreadLink, thread: ThreadState, page: Page, parsed: ThreadPage, url: str, follow: str
    ) -> ThreadState:
        """Tells the posts of a page together with how far the thread is read now."""
        message = told(parsed, page, link.id)
        done = not follow and page.is_whole
        if not page.is_whole:
            message["rejected"].append([url, "the page was cut off; the next run reads it again"])
        begun = self._begun.setdefault(link.id, url == thread.first)
        thread = replace(
            thread,
            at=follow or url,
            signature=link.signature if done else "",
            last=parsed.posts[-1].id if parsed.posts else thread.last,
            checked=self.state.run if done and begun else thread.checked,
        )
        change: dict[str, Any] = {"threads": {link.id: thread.packed()}}
        if link.id in self.state.failed:
            change["failed"] = {link.id: None}
        self._change(change, message)
        return thread

    def _failed(self, link: ThreadLink, url: str, reason: str, faults: Sequence[tuple[str, str]] = ()) -> None:
        """Sets the page aside; the thread is tried again in the next runs, though not for ever."""
        self._done.add(link.id)
        tries = self.state.failed.get(link.id, ("", 0))[1] + 1
        failure = (link.url, tries) if tries < MOST_TRIES else None
        self._change({"failed": {link.id: failure}}, {"rejected": [[url, reason], *faults]})

    async def _recheck(self) -> None:
        """Pages of known threads once more, for edits: those whose last full reading is the longest ago come first."""
        budget = min(self.recheck_pages, self.pages)
        due = [(name, one) for name, one in self.state.threads.items() if one.checked < self.state.run]
        for name, thread in sorted(due, key=lambda pair: pair[1].checked):
            if budget <= 0:
                return
            budget = await self._recheck_thread(name, thread, budget)

    async def _recheck_thread(self, name: str, thread: ThreadState, budget: int) -> int:
        url, seen = thread.recheck or thread.first, set[str]()
        while url and url not in seen and budget > 0:
            seen.add(url)
            if url in self._read:
                url = self._read[url]
                continue
            budget -= 1
            try:
                page = await self._get(url)
            except FetchError as error:
                self.emit({"rejected": [[url, str(error)]]})
                url = ""
                break
            parsed = self._parsed(page, name)
            thread.recheck = parsed.next if parsed.next not in seen else ""
            self._read[url] = thread.recheck
            self._change({"threads": {name: thread.packed()}}, told(parsed, page, name))
            url = thread.recheck
        if not url:
            thread.checked, thread.recheck = self.state.run, ""
            self._change({"threads": {name: thread.packed()}})
        return budget

    def _parsed(self, page: Page, thread: str) -> ThreadPage:
        self.engine = self.engine or detect(page, self.packs)
        return self.engine.thread(page, thread) if self.engine else ThreadPage()

    async def _get(self, url: str) -> Page:
        self.pages -= 1
        try:
            page = await self.fetch(url)
        except FetchError:
            self._failures += 1
            if self._failures >= MOST_FAILURES_IN_A_ROW:
                raise Stop(f"{self._failures} pages one after the other could not be had, {url} the last") from None
            raise
        self._failures = 0
        return page

    def _change(self, change: dict[str, Any], message: dict[str, Any] | None = None) -> None:
        self.state.merge(change)
        self.emit({**(message or {}), "state": change})
