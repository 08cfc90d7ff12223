"""What the reading of a page speaks of: the page, the threads it lists, the posts it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

_SESSIONS = frozenset({"sid", "s", "phpsessid", "highlight", "hilit", "sessionid", "utm_source", "utm_medium"})


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched page: where it was found in the end, and what it says."""

    url: str
    text: str

    def join(self, link: str, query: tuple[str, ...] = ()) -> str:
        """The absolute address of a link on this page, without session ids and fragment; "" for what is no page."""
        try:
            parts = urlsplit(urljoin(self.url, link.strip()))
        except ValueError:
            return ""
        if parts.scheme not in ("http", "https") or not parts.netloc:
            return ""
        return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", _kept(parts.query, query), ""))

    @property
    def is_whole(self) -> bool:
        """Whether the page was not cut off: an HTML page ends with </html>; of others nothing can be said."""
        return "<html" not in self.text[:4096].lower() or "</html" in self.text[-4096:].lower()


def _kept(query: str, names: tuple[str, ...]) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query.replace(";", "&"), keep_blank_values=True)
    return urlencode(
        [pair for pair in pairs if (pair[0] in names if names else pair[0].lower() not in _SESSIONS)], safe=".,/"
    )


def without_host(url: str, home: str) -> str:
    """The address from the root of the host, where that is the host of `home`; else the whole address."""
    parts, base = urlsplit(url), urlsplit(home)
    if (parts.scheme, parts.netloc) != (base.scheme, base.netloc):
        return url
    return urlunsplit(("", "", parts.path, parts.query, parts.fragment))


@dataclass(frozen=True, slots=True)
class ThreadLink:
    """A thread in a list. `signature` changes when somebody writes in it; "" where the list does not tell."""

    id: str
    url: str
    title: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page that lists boards and threads, and the address of its next page ("": none)."""

    boards: tuple[str, ...] = ()
    threads: tuple[ThreadLink, ...] = ()
    next: str = ""


@dataclass(slots=True)
class RawPost:
    """A post as the page shows it. `id`: its lasting address; `author`: what tells its author from others."""

    id: str
    author: str = ""
    time: str = ""
    text: str = ""
    edited: str = ""
    reply_to: str = ""
    views: str = ""
    reactions: str = ""


@dataclass(slots=True)
class ThreadPage:
    """The posts of one page of a thread, and the address of the next page ("": none).

    `zone`: the offset from UTC that the page states for its times, "" where it states none. `faults`: posts on the
    page that could not be read: their place and why.
    """

    posts: list[RawPost] = field(default_factory=list)
    next: str = ""
    title: str = ""
    zone: str = ""
    faults: list[tuple[str, str]] = field(default_factory=list)


class Engine(Protocol):
    """Reads the pages of one kind of forum."""

    @property
    def name(self) -> str:
        """The name of its rule pack."""
        ...

    def listing(self, page: Page) -> Listing:
        """The boards and threads on the page; empty where it lists none."""
        ...

    def thread(self, page: Page, thread: str) -> ThreadPage:
        """The posts on a page of the thread with this id; empty where it holds none."""
        ...

    def thread_id(self, url: str) -> str:
        """The thread's lasting id, from an address of one of its pages."""
        ...

    def first(self, url: str) -> str:
        """What to fetch to read the page at `url`, as people open it; the same address for most engines."""
        ...
