"""HyperKitty, the archive of Mailman 3: threads as a tree, days shown only where they change."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from collectors.batches import RecordError
from collectors.forums.calendar_words import month_in, months_in
from collectors.forums.markup import MarkupEngine
from collectors.forums.pages import Listing, Page, ThreadPage
from collectors.values import decode_json
from configs.boards import EngineRules

_REPLIES = 1000
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_LEVEL = re.compile(r"reply-level-(\d+)")


class HyperKittyEngine(MarkupEngine):
    """Reads an archive of mailing lists, in the form of its threads that needs no JavaScript."""

    def __init__(self, rules: EngineRules) -> None:
        super().__init__(rules)
        self._day = ""

    def listing(self, page: Page) -> Listing:
        """The threads of a list, each at the address that holds all its messages."""
        found = super().listing(page)
        return replace(found, threads=tuple(replace(link, url=self.first(link.url)) for link in found.threads))

    def first(self, url: str) -> str:
        """A thread with its replies on the page; any other address as it is."""
        bare = urlsplit(url).query == "" and "/thread/" in url
        return f"{url}?noscript" if bare else url

    def thread(self, page: Page, thread: str) -> ThreadPage:
        """The messages of a thread, up to a thousand replies; those beyond come as HTML in JSON, six at a time."""
        self._day = ""
        is_part = page.text.lstrip().startswith("{")
        answer = _answer(page) if is_part else {}
        html = str(answer.get("replies_html", "")) if is_part else page.text
        result = super().thread(Page(page.url, html), thread)
        parents = _parents(html, thread)
        for post in result.posts:
            parent = parents.get(post.id.rstrip("/").rsplit("/", 1)[-1], "")
            post.reply_to = post.reply_to or self._permalink(page, parent, thread)
        path = urlsplit(page.url).path.removesuffix("replies")
        offset = answer.get("next_offset") if is_part else _REPLIES if len(result.posts) > _REPLIES else None
        if not is_part and "ajaxloader" in html and len(result.posts) == 1:
            # The page as a browser gets it: its script asks for the replies.
            offset = 1
        result.next = page.join(f"{path}replies?sort=thread&offset={offset}") if offset else ""
        self._quotes.expect(result.next)
        return result

    def time(self, node: LexborNode) -> str:
        """A message shows its day only where that differs from the one before it, and its year only to the hover."""
        shown = super().time(node)
        if any(month_in(word) for word in shown.split()):
            self._day = shown.rpartition(":")[0].rpartition(" ")[0]
        else:
            shown = f"{self._day} {shown}"
        told = node.css_first(".email-date .time span")
        hover = (told.attributes.get("title") or "") if told is not None else ""
        year = _YEAR.search(hover)
        if not year or _YEAR.search(shown):
            return shown
        # The hover is in the sender's own zone, where it may be another day, and on one night another year.
        apart = {(12, 1): -1, (1, 12): 1}.get((months_in(shown), months_in(hover)), 0)
        return f"{shown} {int(year[0]) + apart}"


def _parents(html: str, first: str) -> dict[str, str]:
    """Message → the one it answers. Replies are shown indented by levels; a thread is named after its first message."""
    parents: dict[str, str] = {}
    above = [first]
    for row in LexborHTMLParser(html).css("div.odd, div.even"):
        header = row.css_first(".email-header")
        message = header.id if header is not None else ""
        if not message:
            continue
        found = _LEVEL.search(row.attributes.get("class") or "")
        level = int(found[1]) if found else 0
        # A part may begin in the middle of a branch, whose upper levels stand in an earlier one.
        parents[message] = above[level] if level < len(above) else ""
        above = [*above[: level + 1], *[""] * (level + 1 - len(above))]
        above.append(message)
    return parents


def _answer(page: Page) -> dict[str, Any]:
    try:
        value, _ = decode_json(page.text.encode("utf-8", "replace"))
    except RecordError:
        return {}
    return value if isinstance(value, dict) else {}
