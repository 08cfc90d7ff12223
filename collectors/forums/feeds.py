"""RSS and Atom, read by feedparser: each entry is a post, or, where comments are wanted, an address of a page."""

from __future__ import annotations

import calendar
import datetime as dt
import io
import re
from typing import Any

import feedparser

from collectors.forums.pages import Listing, Page, RawPost, ThreadLink, ThreadPage
from collectors.forums.text import plain_html
from collectors.values import identifier

_FEED = re.compile(r"\s*(?:<\?xml[^>]*\?>)?\s*(?:<!--.*?-->\s*)*<(?:rss|feed|rdf:RDF)\b", re.DOTALL)


class FeedEngine:
    """Reads a feed as one thread."""

    name = "feed"

    def listing(self, page: Page) -> Listing:
        """The pages that the entries link to."""
        entries = [
            (page.join(identifier(entry.get("link"))), identifier(entry.get("title"))) for entry in _entries(page)
        ]
        return Listing((), tuple(ThreadLink(url, url, title, url) for url, title in entries if url))

    def thread(self, page: Page, thread: str) -> ThreadPage:
        """The entries as posts: title and text, without what is markup. An entry without an id goes by its address."""
        parsed = _parsed(page)
        result = ThreadPage(title=identifier(parsed.feed.get("title")))
        for number, entry in enumerate(parsed.entries, start=1):
            post = _post(page, entry)
            if post.id:
                result.posts.append(post)
            else:
                result.faults.append((f"{page.url} entry {number}", "the entry has neither id nor link"))
        return result

    def thread_id(self, url: str) -> str:
        """A feed is no thread: "" ."""
        return ""

    def first(self, url: str) -> str:
        """The address itself."""
        return url


def is_feed(page: Page) -> bool:
    """Whether the page is RSS, Atom or RDF."""
    return bool(_FEED.match(page.text[:4096].lstrip("\ufeff")))


def _entries(page: Page) -> list[Any]:
    return list(_parsed(page).entries)


def _parsed(page: Page) -> Any:
    """The feed in the page. As bytes: a text that is an address or a path would be fetched or opened. The page is
    decoded already, so that the encoding which its XML declares is that of the page no more."""
    return feedparser.parse(
        io.BytesIO(page.text.encode("utf-8", "replace")), response_headers={"content-type": "text/xml; charset=utf-8"}
    )


def _post(page: Page, entry: Any) -> RawPost:
    content = entry.get("content") or []
    body = plain_html((content[0].get("value") if content else "") or entry.get("summary") or "")
    title = plain_html(entry.get("title") or "")
    author = entry.get("author_detail") or {}
    published, updated = _time(entry, "published"), _time(entry, "updated")
    return RawPost(
        identifier(entry.get("id")) or page.join(identifier(entry.get("link"))),
        author=identifier(author.get("href") or author.get("email") or entry.get("author")),
        time=published or updated,
        text=body if body.startswith(title) else f"{title}\n{body}".strip(),
        edited=updated if published else "",
        reply_to=identifier((entry.get("thr_in-reply-to") or {}).get("ref")),
    )


def _time(entry: Any, name: str) -> str:
    """A time in UTC, or as it was written where it could not be read. A missing one must not be asked for: feedparser
    warns that it gives another in its place."""
    moment = entry[f"{name}_parsed"] if f"{name}_parsed" in entry.keys() else None  # noqa: SIM118  get() warns as well
    if moment:
        return dt.datetime.fromtimestamp(calendar.timegm(moment), dt.UTC).isoformat()
    return identifier(entry[name]) if name in entry.keys() else ""  # noqa: SIM118
