"""What the reading of a page speaks of: the page, the threads it lists, the posts it holds."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit, urlunsplit

_BASE = re.compile(r"<base\s[^>]*?\bhref\s*=\s*[\"']?([^\"'>\s]+)", re.IGNORECASE)
_HEAD = 20_000
_LONGEST_ID, _LONGEST_LINK = 600, 4000
_NUMBER = re.compile(r"\d+")
_PARTS = re.compile("[&;]")
_SESSIONS = frozenset({"sid", "s", "phpsessid", "highlight", "hilit", "sessionid", "utm_source", "utm_medium"})


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched page: where it was found in the end, and what it says."""

    url: str
    text: str
    base: str = field(init=False, compare=False, default="")
    """What its links are relative to: its own address, or another one that it names."""

    def __post_init__(self) -> None:
        named = _BASE.search(self.text, 0, _HEAD)
        base = self.url
        with suppress(ValueError):
            base = urljoin(self.url, named[1].strip()) if named else self.url
        object.__setattr__(self, "base", base)

    def join(self, link: str, query: tuple[str, ...] = ()) -> str:
        """The absolute address of a link on this page, without session ids and fragment; "" for what is no page."""
        if not link.strip() or len(link) > _LONGEST_LINK:
            return ""
        try:
            parts = urlsplit(urljoin(self.base, link.strip()))
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
    """The parts of a query that belong to the address; a part without a name (showthread.php?17-title) always does."""
    parts = (part for part in _PARTS.split(query) if part)
    keyed = ((part, part.partition("=")[0].lower()) for part in parts)
    return "&".join(
        part for part, name in keyed if "=" not in part or (name in names if names else name not in _SESSIONS)
    )


def without_host(url: str, home: str) -> str:
    """The address from the root of the host, where that is the host of `home`; else the whole address."""
    try:
        parts, base = urlsplit(url), urlsplit(home)
    except ValueError:
        return url
    if (parts.scheme, parts.netloc) != (base.scheme, base.netloc):
        return url
    return urlunsplit(("", "", parts.path, parts.query, parts.fragment))


@dataclass(frozen=True, slots=True)
class ThreadLink:
    """A thread in a list.

    `signature` changes when somebody writes in it, `active` says when somebody last did; "" where the list tells none.
    """

    id: str
    url: str
    title: str = ""
    signature: str = ""
    active: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page that lists boards and threads, and the address of its next page ("": none).

    `zone`: the offset from UTC that the page states for its times, "" where it states none.
    """

    boards: tuple[str, ...] = ()
    threads: tuple[ThreadLink, ...] = ()
    next: str = ""
    zone: str = ""


@dataclass(slots=True)
class RawPost:
    """A post as the page shows it. `id`: its lasting address; `author`: what tells its author from others.

    `far`: whether what it answers was found by its words on an earlier page, which not every reading has before it.
    """

    id: str
    author: str = ""
    time: str = ""
    text: str = ""
    edited: str = ""
    reply_to: str = ""
    views: str = ""
    reactions: str = ""
    far: bool = False


@dataclass(slots=True)
class ThreadPage:
    """The posts of one page of a thread, and the addresses of the next page and the one before ("": none, or not told).

    `resume`: where to look for new posts once this was the last page; "" for the page itself. `engine`: which one read
    it. `zone`: the offset from UTC that the page states for its times, "" where it states none. `faults`: posts on the
    page that could not be read: their place and why.
    """

    posts: list[RawPost] = field(default_factory=list)
    next: str = ""
    previous: str = ""
    resume: str = ""
    title: str = ""
    zone: str = ""
    engine: str = ""
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


def lasting(native_id: str) -> str:
    """An id of a post or thread as it is stored: one that is too long for the index of a database is hashed."""
    return (
        native_id
        if len(native_id) <= _LONGEST_ID
        else hashlib.sha256(native_id.encode("utf-8", "surrogatepass")).hexdigest()
    )


def told(parsed: ThreadPage, page: Page, thread: str, first: bool = False) -> dict[str, Any]:
    """A page of posts as a message; `first`: whether the thread begins on it."""
    for post in parsed.posts:
        post.id, post.reply_to = lasting(post.id), lasting(post.reply_to)
    return {
        "url": page.url,
        "thread": lasting(thread),
        "engine": parsed.engine,
        "zone": parsed.zone,
        "first": first and not parsed.previous,
        "next": parsed.next,
        "whole": page.is_whole,
        "posts": [[getattr(post, name) for name in post.__slots__] for post in parsed.posts],
        "rejected": [list(fault) for fault in parsed.faults],
    }


def successor(before: str, url: str) -> str:
    """The address that follows `url` in a numbered sequence in which `before` came before it; "" where it is none.

    Where `before` is the first page and has no number, 2 is the second page, and any other number a count of posts.
    """
    numbers = [(found.start(), found.end()) for found in _NUMBER.finditer(url)]
    if not numbers:
        return ""
    begin, end = numbers[-1]
    step = 1 if url[begin:end] == "2" else int(url[begin:end])
    if _NUMBER.sub("#", before) == _NUMBER.sub("#", url):
        steps = [int(new) - int(old) for old, new in zip(_NUMBER.findall(before), _NUMBER.findall(url), strict=True)]
        moved = [place for place, change in enumerate(steps) if change]
        if len(moved) != 1 or steps[moved[0]] < 0:
            return ""
        (begin, end), step = numbers[moved[0]], steps[moved[0]]
    return f"{url[:begin]}{int(url[begin:end]) + step}{url[end:]}"
