"""Telegram Desktop's `result.json`: one chat, or a whole account with a collector for each channel and group."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import orjson
from slugify import slugify

from collectors.batches import CollectorError
from collectors.file_collector import FileCollector
from collectors.files import TextFile
from collectors.intake import Intake
from collectors.json_array import JsonArray
from collectors.telegram.messages import Messages
from collectors.values import clean, identifier
from storage.records import Source, SourceKind

KINDS: dict[str, SourceKind] = {
    "public_channel": "channel",
    "private_channel": "channel",
    "public_supergroup": "group",
    "private_supergroup": "group",
    "public_group": "group",
    "private_group": "group",
}
PERSONAL = frozenset({"personal_chat", "bot_chat", "saved_messages", "replies", "verification_codes"})
# Neither can stand inside a JSON string, where the quotes would be escaped.
_LIST = re.compile(rb'"messages"\s*+:\s*+(?=\[)')
_MESSAGE = rb'\{\s*+"id"\s*+:\s*+-?[0-9]++\s*+,\s*+"type"\s*+:\s*+"(?:message|service|unsupported)"'
_HEADER_BYTES = 1 << 14
_NAME_LENGTH = 48


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat in an export: what its header says, and the offset of its list of messages."""

    name: str
    type: str
    id: str
    start: int


def find_chats(file: TextFile) -> list[Chat]:
    """The chats of an export in order, found in one pass that parses no message."""
    chats: list[Chat] = []
    buffer, base = b"", 0
    with file.open() as stream:
        while chunk := stream.read():
            kept = buffer[-_HEADER_BYTES:]
            base += len(buffer) - len(kept)
            searched = len(kept)
            buffer = kept + chunk
            # A match may begin in what was kept; one that lay there whole has been found before.
            for found in _LIST.finditer(buffer, max(0, searched - 64)):
                if found.end() >= searched and (not chats or base + found.end() > chats[-1].start):
                    chats.append(
                        _chat(buffer[max(0, found.start() - _HEADER_BYTES) : found.start()], base + found.end())
                    )
    return chats


def _chat(before: bytes, start: int) -> Chat:
    """The header is the JSON object that is open where its messages begin; empty where that cannot be read."""
    header: dict[str, Any] = {}
    opening = before.rfind(b"{")
    for _ in range(20):
        if opening < 0:
            break
        try:
            header = orjson.loads(before[opening:].rstrip().rstrip(b",") + b"}")
            break
        except orjson.JSONDecodeError:
            opening = before.rfind(b"{", 0, opening)
    name, kind = header.get("name"), header.get("type")
    return Chat(
        clean(name) if isinstance(name, str) else "",
        kind if isinstance(kind, str) else "",
        identifier(header.get("id")),
        start,
    )


def open_export(file: TextFile, intake: Intake) -> Iterator[FileCollector]:
    """One collector for a single chat, under the source's own name; for an account one for each channel and group.

    Personal chats, bots and saved messages are left out, and counted in `notes`. CollectorError where no chat is
    left.
    """
    chats = find_chats(file)
    if not chats:
        raise CollectorError(f"{file.path} is a JSON object without a list of messages, or is cut off before it")
    kept = [chat for chat in chats if chat.type in KINDS or (len(chats) == 1 and chat.type not in PERSONAL)]
    notes = _left_out([chat for chat in chats if chat not in kept])
    if not kept:
        raise CollectorError(f"{file.path} has no channel or group: {'; '.join(notes)}")
    names = _source_names(kept)
    limits = {chat.start: behind.start for chat, behind in pairwise(chats)}
    for chat in kept:
        if len(chats) == 1:
            source = replace(intake.source, title=intake.source.title or chat.name)
            notes += _read_otherwise(chat, source)
        else:
            source = replace(
                intake.source, source=names[chat.start], kind=KINDS[chat.type], title=chat.name, address=""
            )
        convert = Messages(replace(intake, source=source), chat.id)
        reader = JsonArray(chat.start, limits.get(chat.start), _MESSAGE)
        yield FileCollector(source, file, reader, convert, notes)
        notes = ()


def _left_out(chats: list[Chat]) -> tuple[str, ...]:
    """Counts by type: the title of a personal chat is a person's name."""
    counts = Counter(chat.type or "chat of unknown type" for chat in chats)
    return tuple(
        f"{count} × {kind} left out: pikir reads channels and groups" for kind, count in sorted(counts.items())
    )


def _read_otherwise(chat: Chat, source: Source) -> tuple[str, ...]:
    """A group read as a channel makes outlets of people, a channel read as a group the reverse: to be pointed out."""
    if chat.type not in KINDS or (KINDS[chat.type] == "channel") == (source.kind in ("channel", "feed")):
        return ()
    return (f"the export is of a {chat.type} but is read as the {source.kind} that the source is said to be",)


def _source_names(chats: list[Chat]) -> dict[int, str]:
    """Start → name: the title in a-z, 0-9 and hyphens; with the id where a title is shared or has no such letters."""
    slugs = {chat.start: slugify(chat.name, max_length=_NAME_LENGTH) for chat in chats}
    shared = Counter(slugs.values())
    names: dict[int, str] = {}
    for chat in chats:
        slug = slugs[chat.start]
        names[chat.start] = slug if slug and shared[slug] == 1 else f"{slug or 'chat'}-{chat.id or chat.start}"
    return names
