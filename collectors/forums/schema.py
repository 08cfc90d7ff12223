"""Pages that say themselves where their posts are: schema.org in JSON-LD or microdata, read by extruct.

A DiscussionForumPosting is a post, and so are its comments; of an article only the comments are people's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from html import escape
from typing import Any

import extruct
from selectolax.lexbor import LexborHTMLParser

from collectors.forums.pages import Listing, Page, RawPost, ThreadLink, ThreadPage, without_host
from collectors.forums.quotes import Quotes, cut_out
from collectors.forums.text import CUT, plain
from collectors.values import identifier

SYNTAXES = ["json-ld", "microdata"]
_POSTINGS = frozenset({"DiscussionForumPosting", "SocialMediaPosting", "Question", "Answer"})
_COMMENTS = frozenset({"Comment", "UserComments", "Answer"})
_INSIDE = (
    "comment",
    "comments",
    "suggestedAnswer",
    "acceptedAnswer",
    "hasPart",
    "mainEntity",
    "@graph",
    "itemListElement",
)
_DEEPEST = 40
_BODIES = "[itemprop=text], [itemprop=articleBody], [itemprop=commentText]"
_ADDRESSES = ("href", "src", "data", "itemid")
_QUOTE = ("blockquote", "aside.quote")


class SchemaEngine:
    """Reads what a page declares of itself. `declares` says whether it declares anything that can be read."""

    name = "schema"

    def __init__(self) -> None:
        self._quotes = Quotes()

    def listing(self, page: Page) -> Listing:
        """The items of lists on the page (ListItem with an address), and the link that says rel=next."""
        threads: dict[str, ThreadLink] = {}
        for item in _walk(declared(page)):
            if "ListItem" in _types(item) and not _is_breadcrumb(item):
                inner = item.get("item")
                url = page.join(identifier(item.get("url") or (inner.get("url") if isinstance(inner, dict) else inner)))
                if url:
                    threads[self.thread_id(url)] = ThreadLink(self.thread_id(url), url, identifier(item.get("name")))
        return Listing((), tuple(threads.values()), _next(page) if threads else "")

    def thread(self, page: Page, thread: str) -> ThreadPage:
        """Every posting and comment on the page, in order, each once."""
        result = ThreadPage(engine=self.name)
        found: dict[str, RawPost] = {}
        same: set[tuple[str, str]] = set()
        self._quotes.turn(page.url)
        for item, parent in _postings(declared(_plainer(page))):
            post = _post(page, item, thread, self._quotes)
            if post.id in found and found[post.id].text != post.text and not _reference(page, item):
                # Its author wrote twice at the same time, as far as the page tells.
                post.id += f"-{len(found)}"
            told = _reference(page, item.get("parentItem")) or post.reply_to
            post.reply_to = told or (parent if _is(item, _COMMENTS) else "")
            post.reply_to = "" if post.reply_to == post.id else post.reply_to
            item["@pikir"] = post.id
            # A page may declare the same post in both syntaxes, and give it an address in one of them only.
            if post.text and (post.time, post.text) not in same:
                found.setdefault(post.id, post)
                self._quotes.remember(post)
                same.add((post.time, post.text))
            if not result.title and not _is(item, _COMMENTS):
                result.title = identifier(item.get("headline") or item.get("name"))
        result.posts = list(found.values())
        result.next = _next(page)
        self._quotes.expect(result.next)
        return result

    def thread_id(self, url: str) -> str:
        """The path and query of the address."""
        return without_host(url, url)

    def first(self, url: str) -> str:
        """The address itself."""
        return url


def declares(page: Page) -> bool:
    """Whether the page declares any posting or comment with a text."""
    return any(_body(item) for item, _ in _postings(declared(page)))


def declared(page: Page) -> list[dict[str, Any]]:
    """What the page declares in JSON-LD and microdata, as one list of items; what cannot be read is left out."""
    if "schema.org" not in page.text:
        return []
    try:
        found = _extracted(page, SYNTAXES)
    except KeyError:
        # One address that is none, and extruct gives nothing of what the page declares.
        whole, found = _with_sound_addresses(page), {}
        for syntax in SYNTAXES:
            with suppress(Exception):  # as manifold as pages are broken
                found |= _extracted(whole, [syntax])
    return [item for syntax in SYNTAXES for item in found.get(syntax, ()) if isinstance(item, dict)]


def _with_sound_addresses(page: Page) -> Page:
    tree = LexborHTMLParser(page.text)
    for node in tree.css("[itemprop], [itemid]"):
        for name in _ADDRESSES:
            if not page.join(node.attributes.get(name) or "/"):
                del node.attrs[name]
    return Page(page.url, tree.html or "")


def _extracted(page: Page, syntaxes: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = extruct.extract(
        page.text, base_url=page.url, syntaxes=syntaxes, uniform=True, errors="ignore"
    )
    return found


def _walk(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every item, outer ones first."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key, inner in value.items():
            if isinstance(inner, dict | list) and key not in ("author", "publisher", "parentItem"):
                yield from _walk(inner, depth + 1)


def _postings(value: Any, parent: str = "", depth: int = 0) -> Iterator[tuple[dict[str, Any], str]]:
    """Postings and comments with the id of the one they stand in; the id is known once the caller has set it."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from _postings(item, parent, depth + 1)
    elif isinstance(value, dict):
        if _is(value, _POSTINGS | _COMMENTS):
            yield value, parent
            parent = value.get("@pikir", "")
        for key in _INSIDE:
            if isinstance(value.get(key), dict | list):
                yield from _postings(value[key], parent, depth + 1)


def _plainer(page: Page) -> Page:
    """The page with the posts' quotes cut out and their lines kept apart: extruct makes one line of a post."""
    if "itemprop" not in page.text:
        return page
    tree = LexborHTMLParser(page.text)
    for body in tree.css(_BODIES):
        if body.tag != "meta":
            list(cut_out(body, _QUOTE))
            body.inner_html = escape(plain(body).replace("\n", CUT))
    return Page(page.url, tree.html or "")


def _post(page: Page, item: dict[str, Any], thread: str, quotes: Quotes) -> RawPost:
    author = item.get("author") or item.get("creator")
    author = author[0] if isinstance(author, list) and author else author
    name = identifier(author.get("url") or author.get("@id") or author.get("name")) if isinstance(author, dict) else ""
    name = name or identifier(author)
    body = LexborHTMLParser(_body(item)).body
    repeated = quotes.answered(body, _QUOTE) if body is not None else ""
    time = identifier(item.get("datePublished") or item.get("dateCreated") or item.get("commentTime"))
    return RawPost(
        _reference(page, item) or _made_id(thread, name, time, _body(item)),
        author=without_host(name, page.url),
        time=time,
        text=plain(body) if body is not None else "",
        edited="" if (edited := identifier(item.get("dateModified"))) == time else edited,
        reply_to=repeated,
        reactions=identifier(item.get("upvoteCount")) or _likes(item),
        far=quotes.far and bool(repeated),
    )


def _likes(item: dict[str, Any]) -> str:
    """How many liked it, as an InteractionCounter tells."""
    counters = item.get("interactionStatistic")
    for counter in counters if isinstance(counters, list) else [counters]:
        if isinstance(counter, dict) and "Like" in str(counter.get("interactionType")):
            return identifier(counter.get("userInteractionCount"))
    return ""


def _body(item: dict[str, Any]) -> str:
    body = item.get("text") or item.get("articleBody") or item.get("commentText") or ""
    return body if isinstance(body, str) else ""


def _reference(page: Page, item: object) -> str:
    """The address of an item from the root of its host, or its identifier. A page's own address names no post in it."""
    if isinstance(item, str):
        item = {"url": item}
    if not isinstance(item, dict):
        return ""
    for key in ("url", "@id", "id", "identifier"):
        link = identifier(item.get(key))
        if link.startswith(("http://", "https://", "/", "?", "#", "./")):
            address = page.join(link)
            fragment = link.partition("#")[2]
            if fragment or address != page.join(page.url) or _is(item, _POSTINGS - _COMMENTS):
                return without_host(address, page.url) + (f"#{fragment}" if fragment else "")
        elif link:
            return link
    return ""


def _made_id(thread: str, author: str, time: str, body: str) -> str:
    """An id for a post that has none: it stays when the text is edited, because author and time stay."""
    told = f"{author}\0{time}" if time else f"{author}\0{body}"
    return f"{thread}#{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _types(item: dict[str, Any]) -> frozenset[str]:
    kinds = item.get("@type", "")
    return frozenset(str(kind).rsplit("/", 1)[-1] for kind in (kinds if isinstance(kinds, list) else [kinds]))


def _is(item: dict[str, Any], kinds: frozenset[str]) -> bool:
    return bool(_types(item) & kinds)


def _is_breadcrumb(item: dict[str, Any]) -> bool:
    inner = item.get("item")
    return isinstance(inner, dict) and "url" not in inner and "@id" in inner


def _next(page: Page) -> str:
    node = LexborHTMLParser(page.text).css_first('a[rel~="next"], link[rel~="next"]')
    return page.join(node.attributes.get("href") or "") if node is not None else ""
