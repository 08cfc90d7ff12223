"""The posts as files of the forms that pikir collects: Telegram Desktop's `result.json`, and a forum's CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pikir.sample.simulate import COMMENTS, FORUM, OUTLET, Post

# title, type in the export, id: invented, as are all user ids.
CHATS = {
    OUTLET: ("[simulated] Qala News", "public_channel", 9000000001),
    COMMENTS: ("[simulated] Qala News: comments", "public_supergroup", 9000000002),
    "almaty-chat": ("[simulated] Алматы: жизнь в городе", "public_supergroup", 9000000003),
    "auyl-group": ("[simulated] Ауыл әңгімесі", "public_supergroup", 9000000004),
}
FIRST_USER = 1_000_000
_ENTITIES = re.compile(
    r"(?P<email>[\w.]+@[\w.]+\.\w+)|(?P<mention>@[a-z_]+)|(?P<phone>\+7 700 \d{3} \d\d \d\d)", re.IGNORECASE
)
_JOINED_BEFORE = 40


def telegram(source: str, posts: Sequence[Post]) -> bytes:
    """The export of one chat, as Telegram Desktop writes it (machine-readable JSON)."""
    title, kind, number = CHATS[source]
    messages = [*_arrivals(source, posts), *(_message(post) for post in posts if post.collected)]
    return (_json({"name": title, "type": kind, "id": number, "messages": messages}) + "\n").encode()


def forum(posts: Sequence[Post]) -> bytes:
    """The forum's posts as CSV."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("post_id", "topic_id", "author_id", "created_at", "text", "reply_to", "views", "likes"))
    for post in posts:
        likes = sum(post.reactions.values())
        views = 15 + 7 * likes + post.number % 40
        author = f"sim-{post.author.number:04d}" if post.author else ""
        row = (post.number, post.thread, author, post.at.isoformat(), post.text, post.reply_to or "", views, likes)
        table.writerow(row)
    return out.getvalue().encode()


def files(posts: Sequence[Post]) -> dict[str, bytes]:
    """File name (without .gz) → content, one file a source."""
    by_source = {source: [post for post in posts if post.source == source] for source in (*CHATS, FORUM)}
    exports = {f"{source}.json": telegram(source, by_source[source]) for source in CHATS}
    return {**exports, f"{FORUM}.csv": forum(by_source[FORUM])}


def _message(post: Post) -> dict[str, Any]:
    parts = _parts(post.text)
    entities = [{"type": "plain", "text": part} if isinstance(part, str) else part for part in parts]
    message = {**_header(post.number, "message", post.at), **_times("edited", post.edited_at), **_sender(post)}
    if post.forwarded:
        message |= {"forwarded_from": CHATS[OUTLET][0], "forwarded_from_id": f"channel{CHATS[OUTLET][2]}"}
    if post.reply_to:
        message["reply_to_message_id"] = post.reply_to
    message |= {"text": post.text if len(parts) == 1 else parts, "text_entities": entities}
    if post.reactions:
        message["reactions"] = [
            {"type": "emoji", "count": count, "emoji": emoji} for emoji, count in post.reactions.items()
        ]
    return message


def _sender(post: Post) -> dict[str, Any]:
    """A deleted account keeps its id and loses its name."""
    if post.author is None:
        return {"from": CHATS[OUTLET][0], "from_id": f"channel{CHATS[OUTLET][2]}"}
    name = None if post.author.deleted else f"sim {post.author.number:04d}"
    return {"from": name, "from_id": f"user{FIRST_USER + post.author.number}"}


def _arrivals(source: str, posts: Sequence[Post]) -> Iterator[dict[str, Any]]:
    """Service messages: the chat is made, and in groups some of the first to write had joined by link."""
    title, _, number = CHATS[source]
    start = posts[0].at - dt.timedelta(days=1)
    made = {"actor": title, "actor_id": f"channel{number}", "action": "create_channel", "title": title}
    yield {**_header(1, "service", start), **made, "text": "", "text_entities": []}
    authors = dict.fromkeys(post.author.number for post in posts if post.author and not post.author.deleted)
    for index, author in enumerate(list(authors)[:_JOINED_BEFORE]):
        joined = {"actor": f"sim {author:04d}", "actor_id": f"user{FIRST_USER + author}"}
        action = {"action": "join_group_by_link", "inviter": "Group", "text": "", "text_entities": []}
        yield {**_header(2 + index, "service", start + dt.timedelta(minutes=1 + index)), **joined, **action}


def _header(number: int, kind: str, at: dt.datetime) -> dict[str, Any]:
    return {"id": number, "type": kind, **_times("date", at)}


def _times(name: str, at: dt.datetime | None) -> dict[str, str]:
    if at is None:
        return {}
    return {name: at.replace(tzinfo=None).isoformat(), f"{name}_unixtime": str(int(at.timestamp()))}


def _parts(text: str) -> list[str | dict[str, str]]:
    """The text cut at contact data, which Telegram marks: plain strings and entities."""
    parts: list[str | dict[str, str]] = []
    end = 0
    for found in _ENTITIES.finditer(text):
        parts += [text[end : found.start()], {"type": str(found.lastgroup), "text": found[0]}]
        end = found.end()
    return [part for part in (*parts, text[end:]) if part] if parts else [text]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
