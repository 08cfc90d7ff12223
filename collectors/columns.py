"""Which column or key of a table holds which field of a post."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from collectors.batches import CollectorError

# Our field → the names it is known by, the most telling first. Names are compared in lower case with _ between words.
_NAMES = {
    "id": "native_id message_id post_id msg_id comment_id id _id",
    "date": """posted_at date_unixtime created_at published_at date_utc datetime date timestamp created_utc created
        published pub_date time дата""",
    "text": "text message body content full_text post_text message_text comment текст сообщение",
    "author": """author_id sender_id from_id user_id author username sender user from nickname user_name author_name
        автор""",
    "channel": """channel channel_id chat chat_id source group group_id channel_name chat_name chat_title group_name
        peer_id канал""",
    "reply_to": "reply_to reply_to_msg_id reply_to_message_id reply_to_id in_reply_to parent_id parent",
    "thread": "thread thread_id topic topic_id conversation_id тема",
    "views": "views view_count views_count просмотры",
    "forwards": "forwards shares forward_count share_count reposts retweets",
    "reactions": "reactions likes like_count likes_count reaction_count",
    "edited_at": "edited_at edit_date edited_unixtime edited updated_at",
    "forwarded_from": "forwarded_from forward_from fwd_from",
    "url": "permalink url link post_url message_url",
}
KNOWN: dict[str, tuple[str, ...]] = {field: tuple(names.split()) for field, names in _NAMES.items()}
REQUIRED = ("text", "date")
_SYNONYMS = {"native_id": "id", "posted_at": "date", "message": "text", "sender": "author", "permalink": "url"}
_BETWEEN_WORDS = re.compile(r"[\s\-.]+")


class Columns:
    """Finds fields in rows, each with keys of its own. `mapping`: our field → their column, before all guesses."""

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        self._mapped: dict[str, str] = {}
        for field, column in (mapping or {}).items():
            name = _SYNONYMS.get(field, field)
            if name not in KNOWN:
                raise CollectorError(
                    f"--map names the field {field!r}, which posts do not have; they have {', '.join(KNOWN)}"
                )
            self._mapped[name] = column
        self._plans: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}

    def check(self, found: Iterable[str], where: str) -> None:
        """CollectorError, naming the columns found, where text or date or a mapped column is missing."""
        columns = tuple(dict.fromkeys(found))
        plan = self.plan(columns)
        listed = ", ".join(columns[:40]) or "none"
        for field, column in self._mapped.items():
            if column not in columns:
                raise CollectorError(
                    f"{where} has no column {column!r} to be mapped to {field}; its columns are {listed}"
                )
        missing = [field for field in REQUIRED if not plan.get(field)]
        if missing:
            raise CollectorError(
                f"{where}: no column is recognised as {' or '.join(missing)}; its columns are {listed}. "
                f"Say which with --map {','.join(f'{field}=COLUMN' for field in missing)}"
            )

    def recognised(self, found: Iterable[str]) -> int:
        """How many fields these columns fill."""
        return len(self.plan(tuple(found)))

    def plan(self, columns: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Field → the columns it is read from, in order of preference; fields without a column are left out."""
        known = self._plans.get(columns)
        if known is None:
            known = self._resolve(columns)
            # Rows of wild files may each have keys of their own.
            if len(self._plans) < 1000:
                self._plans[columns] = known
        return known

    def fields(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Field → value; the first column in order of preference that is not empty decides."""
        found: dict[str, Any] = {}
        for field, columns in self.plan(tuple(row)).items():
            for column in columns:
                value = row[column]
                if value is not None and value != "":
                    found[field] = value
                    break
        return found

    def _resolve(self, columns: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        by_name = {_BETWEEN_WORDS.sub("_", column.strip().lower()): column for column in reversed(columns)}
        plan: dict[str, tuple[str, ...]] = {}
        for field, names in KNOWN.items():
            if field in self._mapped:
                mapped = self._mapped[field]
                plan[field] = (mapped,) if mapped in columns else ()
            else:
                plan[field] = tuple(by_name[name] for name in names if name in by_name)
        return {field: chosen for field, chosen in plan.items() if chosen}
