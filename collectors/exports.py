"""What other tools export: 4CAT's CSV and NDJSON, telegram-tracker's JSON and msgs_dataset.csv, known by their fields.

Their rows are turned into ours: id, date, text, author, channel, thread, reply_to, views, forwards, reactions,
edited_at, forwarded_from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from collectors.telegram.peers import NAMESPACE
from collectors.values import identifier

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Export:
    """One tool's table. `marks`: fields that no other table has together. `namespace`: of its authors' pseudonyms."""

    name: str
    marks: frozenset[str]
    convert: Callable[[Mapping[str, Any]], Row]
    namespace: str = ""


def recognise_export(fields: Iterable[str]) -> Export | None:
    """The export that has these fields; None for a table of anybody's own."""
    found = set(fields)
    return next((export for export in EXPORTS if export.marks <= found), None)


def _telethon(row: Mapping[str, Any]) -> Row:
    """A message as Telethon's to_dict() gives it, which 4CAT's NDJSON and telegram-tracker's JSON both hold."""
    peer = _mapping(row.get("peer_id"))
    chat, sender = _mapping(row.get("_chat")), _mapping(row.get("_sender"))
    reply, forward = _mapping(row.get("reply_to")), _mapping(row.get("fwd_from"))
    channel = identifier(chat.get("username")) or identifier(
        peer.get("channel_id") or peer.get("chat_id") or chat.get("id") or row.get("to_id")
    )
    outlet = f"channel{identifier(peer.get('channel_id') or chat.get('id')) or channel}"
    return {
        "id": row.get("id"),
        "date": row.get("date"),
        "text": row.get("message"),
        # A channel has a title and people have none: 4CAT names who posts as the channel by its number alone.
        "author": _peer(row.get("from_id"))
        or _peer({"channel_id" if "title" in sender else "user_id": sender.get("id")})
        or outlet,
        "channel": channel,
        "thread": reply.get("reply_to_top_id"),
        "reply_to": row.get("reply_to_msg_id") or reply.get("reply_to_msg_id"),
        "views": row.get("views"),
        "forwards": row.get("forwards"),
        "reactions": _mapping(row.get("reactions")).get("results"),
        "edited_at": row.get("edit_date"),
        "forwarded_from": _peer(forward.get("from_id")) or forward.get("from_name"),
    }


def _tracker(row: Mapping[str, Any]) -> Row:
    """A row of telegram-tracker's msgs_dataset.csv; the number of the message stands only at the end of its link."""
    channel = identifier(row.get("channel_id"))
    kind = "channel" if "Channel" in str(row.get("msg_from_peer")) else "user"
    sender = identifier(row.get("msg_from_id"))
    return {
        "id": str(row.get("msg_link") or "").rstrip("/").rsplit("/", 1)[-1],
        "date": f"{row.get('date')}+00:00" if row.get("date") else None,
        "text": row.get("message"),
        "author": f"{kind}{sender}" if sender else f"channel{channel}",
        "channel": identifier(row.get("username")) or channel,
        "reply_to": row.get("reply_to_msg_id"),
        "views": row.get("views"),
        "forwards": row.get("number_forwards"),
        "forwarded_from": f"channel{found}" if (found := identifier(row.get("from_channel_id"))) else "",
    }


def _four_cat(row: Mapping[str, Any]) -> Row:
    """A row of a CSV of 4CAT, whose columns are the same for every source: times also as Unix seconds, in UTC."""
    author = identifier(row.get("author"))
    telegram = "author_is_bot" in row
    return {
        "id": row.get("id"),
        "date": row.get("unix_timestamp") or row.get("timestamp"),
        "text": row.get("body"),
        "author": f"user{author}" if telegram and author.isdecimal() else author,
        "channel": row.get("chat") or row.get("group") or "",
        "thread": row.get("thread_id"),
        "reply_to": row.get("reply_to"),
        "views": row.get("views"),
        "forwards": row.get("forwards"),
        "reactions": row.get("likes") or row.get("like_count"),
        "edited_at": row.get("unix_timestamp_edited") or row.get("timestamp_edited"),
        "forwarded_from": row.get("author_forwarded_from_username") or row.get("author_forwarded_from_name"),
    }


EXPORTS = (
    Export("4CAT's Telegram NDJSON", frozenset({"_chat", "message", "date", "id"}), _telethon, NAMESPACE),
    Export("telegram-tracker's JSON", frozenset({"peer_id", "message", "date", "id"}), _telethon, NAMESPACE),
    Export("telegram-tracker's CSV", frozenset({"signature", "msg_link", "message", "date"}), _tracker, NAMESPACE),
    Export("4CAT's Telegram CSV", frozenset({"thread_id", "body", "author_is_bot", "id"}), _four_cat, NAMESPACE),
    Export("4CAT's CSV", frozenset({"thread_id", "body", "timestamp", "id"}), _four_cat),
)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _peer(value: object) -> str:
    """ "user123" or "channel123", of {user_id: 123} or a bare number; "" for nobody."""
    peer = _mapping(value)
    for kind in ("user", "channel", "chat"):
        if found := identifier(peer.get(f"{kind}_id")):
            return f"{kind}{found}"
    bare = identifier(value) if isinstance(value, int | str) else ""
    return f"user{bare}" if bare.isdecimal() else bare
