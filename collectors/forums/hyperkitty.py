"""HyperKitty: the page of a thread holds its first message, and the replies come as HTML inside JSON."""

from __future__ import annotations

import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from collectors.batches import RecordError
from collectors.forums.markup import MarkupEngine
from collectors.forums.pages import Page, ThreadPage
from collectors.values import decode_json

_LEVEL = re.compile(r"reply-level-(\d+)")


class HyperKittyEngine(MarkupEngine):
    """Reads an archive of mailing lists: the same selectors on the page and inside its JSON."""

    def thread(self, page: Page, thread: str) -> ThreadPage:
        """The messages of the page, or of the replies that it loads; these come in parts of a thousand."""
        if not page.text.lstrip().startswith("{"):
            return super().thread(page, thread)
        answer = _answer(page)
        html = str(answer.get("replies_html", ""))
        result = super().thread(Page(page.url, html), thread)
        parents = _parents(html, thread)
        for post in result.posts:
            parent = parents.get(post.id.rstrip("/").rsplit("/", 1)[-1], "")
            post.reply_to = post.reply_to or self._permalink(page, parent, thread)
        offset = answer.get("next_offset")
        if answer.get("more_pending") and isinstance(offset, int):
            path = page.url.partition("&offset=")[0]
            result.next = f"{path}&offset={offset}"
        return result


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
        above = above[: level + 1]
        parents[message] = above[-1]
        above.append(message)
    return parents


def _answer(page: Page) -> dict[str, Any]:
    try:
        value, _ = decode_json(page.text.encode("utf-8", "replace"))
    except RecordError:
        return {}
    return value if isinstance(value, dict) else {}
