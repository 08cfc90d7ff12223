"""Reading threads: behind what was read, then known pages a second time, for edits and deletions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from collectors.forums.fetching import FetchError
from collectors.forums.pages import Page, ThreadLink, ThreadPage, lasting, successor, told
from collectors.forums.run import Run
from collectors.forums.state import MOST_TRIES, ThreadState

_GONE_TWICE = 2
_FEW_FAILURES = 2
_NUMBER = re.compile(r"\d+")


@dataclass(slots=True)
class Threads:
    """The threads of one run. `done`: those that need no more reading in it. `lenient`: a page may hold no post."""

    run: Run
    lenient: bool = False
    done: set[str] = field(default_factory=set)
    _read: dict[str, str] = field(default_factory=dict)
    _begun: dict[str, bool] = field(default_factory=dict)

    async def read(self, link: ThreadLink, page: Page | None = None) -> bool:
        """Reads what is new in a thread; `page` is that at the link's address, where it was fetched already.

        Whether anything was new, as far as the list or its last post tells.
        """
        known = self.run.state.threads.get(link.id)
        if link.id in self.done:
            return False
        if known and link.signature and known.signature == link.signature:
            self.done.add(link.id)
            return False
        if known and _fewer(link.signature, known.signature):
            # Posts were taken away, and which ones only a reading of the whole thread tells.
            known = replace(known, at=known.first)
        before = known.last if known else ""
        known = known or ThreadState(link.url, link.url)
        await self._pages(link, known, page if known.at == link.url else None)
        after = self.run.state.threads.get(link.id)
        return bool(link.signature) or after is None or after.last != before

    async def _pages(self, link: ThreadLink, thread: ThreadState, page: Page | None) -> None:
        """Reads on from where the thread was left. A page that fails is left out and tried again in the next run."""
        url, before, seen, left_out, back = thread.at, thread.first, set[str](), False, False
        while url and url not in seen and self.run.pages > 0:
            seen.add(url)
            try:
                page = page or await self.run.get(url)
            except FetchError as error:
                if error.gone and url == thread.at != thread.first and not left_out:
                    # Pages grow fewer where posts are deleted or moved: begin again.
                    url, thread = thread.first, replace(thread, at=thread.first)
                    continue
                if not left_out:
                    self._failed(link, url, str(error), gone=error.gone and url == thread.first)
                if left_out or url == thread.first:
                    return
                left_out, before, url = True, url, successor(before, url)
                continue
            parsed = self.run.parsed(page, link.id)
            if not parsed.posts and not parsed.next and not self.lenient:
                self._failed(link, url, "no post was found on this page", parsed.faults)
                return
            # Some show the last page of a thread at its address: from there the way leads back.
            back = back or (url == thread.first and bool(parsed.previous) and not parsed.next)
            follow = parsed.previous if back else parsed.next
            follow = self._read[url] = follow if follow not in seen else ""
            if left_out:
                self.run.emit(told(parsed, page, link.id))
            else:
                thread = self._advanced(link, thread, page, parsed, url, follow)
                if back and not follow:
                    thread = replace(thread, at=thread.first)
                    self.run.change({"threads": {link.id: thread.packed()}})
            before, url, page = url, follow, None
        if not url or url in seen:
            self.done.add(link.id)

    def _advanced(
        self, link: ThreadLink, thread: ThreadState, page: Page, parsed: ThreadPage, url: str, follow: str
    ) -> ThreadState:
        """Tells the posts of a page together with how far the thread is read now."""
        message = told(parsed, page, link.id, url == thread.first)
        done = not follow and page.is_whole
        if not page.is_whole:
            message["rejected"].append([url, "the page was cut off; the next run reads it again"])
        begun = self._begun.setdefault(link.id, url == thread.first)
        thread = replace(
            thread,
            at=follow or parsed.resume or url,
            signature=link.signature if done else "",
            last=parsed.posts[-1].id if parsed.posts else thread.last,
            checked=self.run.state.run if done and begun else thread.checked,
        )
        change: dict[str, Any] = {"threads": {link.id: thread.packed()}}
        if link.id in self.run.state.failed:
            change["failed"] = {link.id: None}
        self.run.change(change, message)
        return thread

    def _failed(
        self, link: ThreadLink, url: str, reason: str, faults: Sequence[tuple[str, str]] = (), *, gone: bool = False
    ) -> None:
        """Sets the page aside; the thread is tried again in the next runs, though not for ever.

        A thread whose first page does not exist in two runs, while other pages can be had, was taken away.
        """
        self.done.add(link.id)
        tries = self.run.state.failed.get(link.id, ("", 0))[1] + 1
        message: dict[str, Any] = {"rejected": [[url, reason], *faults]}
        change: dict[str, Any] = {"failed": {link.id: (link.url, tries) if tries < MOST_TRIES else None}}
        known = link.id in self.run.state.threads
        if gone and known and tries >= _GONE_TWICE and self.run.failures <= _FEW_FAILURES:
            message["gone"] = [lasting(link.id)]
            change = {"failed": {link.id: None}, "threads": {link.id: None}}
        self.run.change(change, message)

    async def recheck(self, budget: int) -> None:
        """So many pages of known threads once more: those whose last full reading is the longest ago come first."""
        budget = min(budget, self.run.pages)
        due = [(name, one) for name, one in self.run.state.threads.items() if one.checked < self.run.state.run]
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
                page = await self.run.get(url)
            except FetchError as error:
                if error.gone and url == thread.first:
                    self._failed(ThreadLink(name, url), url, str(error), gone=True)
                else:
                    self.run.emit({"rejected": [[url, str(error)]]})
                url = ""
                break
            parsed = self.run.parsed(page, name)
            thread.recheck = parsed.next if parsed.next not in seen else ""
            self._read[url] = thread.recheck
            self.run.change({"threads": {name: thread.packed()}}, told(parsed, page, name, url == thread.first))
            url = thread.recheck
        if not url and name in self.run.state.threads:
            thread.checked, thread.recheck = self.run.state.run, ""
            self.run.change({"threads": {name: thread.packed()}})
        return budget


def _fewer(now: str, before: str) -> bool:
    """Whether a list tells of fewer replies than it told before."""
    counts = [_NUMBER.search(signature.partition("|")[0]) for signature in (now, before)]
    new, old = (int(found[0]) if found else 0 for found in counts)
    return new < old and counts[0] is not None
