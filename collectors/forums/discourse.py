"""Discourse by its own JSON: /latest.json lists topics, /t/ID.json holds twenty posts and the ids of all.

Where the JSON is closed, the pages for those who run no JavaScript are read by the selectors of the rule pack.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser

from collectors.batches import RecordError
from collectors.forums.markup import MarkupEngine
from collectors.forums.pages import Listing, Page, RawPost, ThreadLink, ThreadPage
from collectors.forums.quotes import Quotes
from collectors.forums.text import plain
from collectors.values import decode_json, identifier
from configs.boards import EngineRules

_AT_ONCE = 20
_AROUND = re.compile(r"/t/\d+/(\d+)\.json$")
_QUOTES = ("aside.quote", "blockquote")


class DiscourseEngine:
    """Reads a Discourse forum. A post's id is its short address, /p/ID, which outlives renames and moves.

    Answers name the number of a post in its topic. The posts of parts that are read one after the other are remembered.
    """

    name = "discourse"

    def __init__(self, rules: EngineRules) -> None:
        self._markup = MarkupEngine(rules)
        self._known: dict[int, str] = {}
        self._expected = ""

    def listing(self, page: Page) -> Listing:
        """The topics of a page of a list; posts_count and the time of the last post make the signature."""
        if _is_html(page):
            return self._markup.listing(page)
        value = _json(page)
        topics = _mapping(value.get("topic_list"))
        rows = [row for row in topics.get("topics") or () if isinstance(row, dict) and row.get("id")]
        threads = tuple(
            ThreadLink(
                str(row["id"]),
                page.join(f"{_root(page.url)}/t/{row['id']}.json"),
                identifier(row.get("title")),
                f"{row.get('posts_count')}|{row.get('last_posted_at')}|{row.get('bumped_at')}",
                identifier(row.get("last_posted_at")),
            )
            for row in rows
        )
        more = identifier(topics.get("more_topics_url"))
        return Listing((), threads, page.join(_as_json(more)) if more else "")

    def thread(self, page: Page, thread: str) -> ThreadPage:
        """The posts of a part of a topic; the next part is asked for by the ids that the topic lists."""
        if _is_html(page):
            return self._html(page, thread)
        value = _json(page)
        stream = _mapping(value.get("post_stream"))
        rows = [row for row in stream.get("posts") or () if isinstance(row, dict)]
        here = {number: identifier(row.get("id")) for row in rows if (number := _number(row))}
        self._known = (self._known if page.url == self._expected else {}) | here
        # Around a post stand some that were read before it.
        begin = int(found[1]) if (found := _AROUND.search(page.url)) else 0
        result, quotes = ThreadPage(title=identifier(value.get("title"))), Quotes()
        for row in [row for row in rows if _number(row) >= begin] or rows:
            if not row.get("id"):
                result.faults.append((f"{page.url} post {row.get('post_number')}", "the post has no id"))
            elif _is_post(row):
                result.posts.append(self._post(row, thread, quotes))
        result.next = self._expected = _rest(page, thread, stream, [identifier(row.get("id")) for row in rows])
        # Only an answer by the number of a post lists the ids of the topic anew.
        result.resume = f"{_root(page.url)}/t/{thread}/{max(here)}.json" if here else ""
        return result

    def thread_id(self, url: str) -> str:
        """The number of the topic: /t/slug/17/3, /t/17.json and /t/17/posts.json are all of topic 17."""
        parts = [part for part in urlsplit(url).path.split("/") if part]
        if "t" in parts:
            behind = [part.removesuffix(".json") for part in parts[parts.index("t") + 1 :]]
            return next((part for part in behind if part.isdigit()), "")
        return ""

    def first(self, url: str) -> str:
        """The JSON of what people see at `url`: a topic, a category or the latest topics."""
        number = self.thread_id(url)
        if number:
            return url if urlsplit(url).path.endswith(".json") else f"{_root(url)}/t/{number}.json"
        path = urlsplit(url).path.strip("/")
        return url if path.endswith(".json") else _as_json(url if path else f"{_root(url)}/latest")

    def _html(self, page: Page, thread: str) -> ThreadPage:
        found = self._markup.thread(page, thread)
        for post in found.posts:
            # It always names a last change, which for most posts is when they were written.
            post.edited = post.edited if post.edited != post.time else ""
        return found

    def _post(self, row: dict[str, Any], thread: str, quotes: Quotes) -> RawPost:
        body = LexborHTMLParser(f"<div>{row.get('cooked') or ''}</div>").css_first("div")
        quoted = body.css_first("aside.quote") if body else None
        answered: object = row.get("reply_to_post_number")
        if answered is None and quoted is not None and (quoted.attributes.get("data-topic") or thread) == thread:
            number = quoted.attributes.get("data-post") or ""
            answered = int(number) if number.isdecimal() else None
        repeated = quotes.answered(body, _QUOTES) if body else ""
        version = row.get("version", 1)
        post = RawPost(
            f"/p/{row['id']}",
            author=identifier(row.get("user_id") or row.get("username")),
            time=identifier(row.get("created_at")),
            text=plain(body) if body else "",
            edited=identifier(row.get("updated_at")) if isinstance(version, int) and version > 1 else "",
            reply_to=f"/p/{number}" if (number := self._answered(answered)) else repeated,
            views=identifier(row.get("reads")),
            reactions=str(sum(_likes(row))),
        )
        # Another reading may not have before it what this one had.
        post.far = bool(post.reply_to)
        quotes.remember(post)
        return post

    def _answered(self, number: object) -> str:
        return self._known.get(number, "") if isinstance(number, int) else ""


def _is_html(page: Page) -> bool:
    return page.text.lstrip()[:1] == "<"


def _number(row: dict[str, Any]) -> int:
    """The number of a post in its topic, from 1; 0 where it is not told."""
    number = row.get("post_number")
    return number if isinstance(number, int) else 0


def _is_post(row: dict[str, Any]) -> bool:
    """Whether a person's words are there: small actions ("closed this topic") have none, deleted posts other's."""
    return row.get("post_type", 1) == 1 and not (row.get("hidden") or row.get("deleted_at") or row.get("user_deleted"))


def _likes(row: dict[str, Any]) -> list[int]:
    actions = row.get("actions_summary")
    return [
        action["count"]
        for action in (actions if isinstance(actions, list) else ())
        if isinstance(action, dict) and action.get("id") == 2 and isinstance(action.get("count"), int)
    ]


def _rest(page: Page, thread: str, stream: dict[str, Any], shown: list[str]) -> str:
    """The address of the next posts. It carries the ids that are left after them, for the next part lists none."""
    listed = [identifier(number) for number in stream.get("stream") or ()]
    last = max((place for place, number in enumerate(listed) if number in set(shown)), default=-1)
    waiting = listed[last + 1 :] if listed else _carried(page.url)
    if not waiting:
        return ""
    asked = "&".join(f"post_ids%5B%5D={number}" for number in waiting[:_AT_ONCE])
    later = ",".join(waiting[_AT_ONCE:])
    return f"{_root(page.url)}/t/{thread}/posts.json?{asked}" + (f"&later={later}" if later else "")


def _carried(url: str) -> list[str]:
    query = urlsplit(url).query
    return [
        number for part in query.split("&") if part.startswith("later=") for number in part[6:].split(",") if number
    ]


def _json(page: Page) -> dict[str, Any]:
    try:
        return _mapping(decode_json(page.text.encode("utf-8", "replace"))[0])
    except RecordError:
        return {}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _root(url: str) -> str:
    """Where the forum begins: the host, with the folder that it lies in."""
    parts = urlsplit(url)
    segments = parts.path.split("/")
    known = next(
        (place for place, part in enumerate(segments) if part in ("t", "c", "latest", "latest.json", "top")), None
    )
    folder = "/".join(segments[:known]) if known is not None else parts.path.rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, folder, "", ""))


def _as_json(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=path if path.endswith(".json") else f"{path}.json"))
