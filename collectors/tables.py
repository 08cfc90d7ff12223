"""JSON Lines, JSON lists, CSV and TSV: rows under common or mapped column names → posts."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from collectors.batches import CollectorError, Skip
from collectors.columns import REQUIRED, Columns
from collectors.csv_rows import CsvRows
from collectors.exports import Export, recognise_export
from collectors.file_collector import FileCollector
from collectors.files import TextFile
from collectors.intake import Intake
from collectors.json_array import JsonArray
from collectors.lines import JsonLines
from collectors.records import Reader
from collectors.telegram.export import find_chats
from collectors.telegram.peers import NAMESPACE, is_outlet
from collectors.values import count, identifier, plain_text
from storage.records import Post, Voice

_DELIMITERS = ",;\t|"
_PEEKED_ROWS = 200


class Rows:
    """Turns one row into a post.

    Where the table has a channel column, the native id is `channel/id`: ids are unique only within a channel.
    Without an id column the id is a digest of author, time and text, so that the same row keeps it. An author who
    is the channel itself is an outlet, as is every author of a channel or feed.
    """

    def __init__(self, intake: Intake, columns: Columns, export: Export | None = None) -> None:
        self._intake = intake
        self._columns = columns
        self._export = export
        self._namespace = export.namespace if export else ""

    def __call__(self, row: dict[str, Any]) -> Post | Skip:
        """The post; Skip.EMPTY without text. RecordError where the text, the date or the id cannot be read."""
        intake = self._intake
        fields = self._columns.fields(self._export.convert(row) if self._export else row)
        text = intake.text(plain_text(fields.get("text")))
        if not text:
            return Skip.EMPTY
        posted_at = intake.time(fields.get("date"))
        channel = identifier(fields.get("channel"))
        raw_author = identifier(fields.get("author"))
        voice = self._voice(raw_author, channel)
        author = intake.author(
            raw_author or (channel or intake.source.source if voice == "outlet" else ""), self._namespace
        )
        native_id = identifier(fields.get("id")) or identifier(fields.get("url"))
        if not native_id:
            native_id = hashlib.sha256(f"{author}\0{posted_at.isoformat()}\0{text}".encode()).hexdigest()[:24]
        reply_to = identifier(fields.get("reply_to"))
        return Post(
            source=intake.source.source,
            native_id=f"{channel}/{native_id}" if channel else native_id,
            posted_at=posted_at,
            text=text,
            author=author,
            voice=voice,
            thread=identifier(fields.get("thread")),
            reply_to=f"{channel}/{reply_to}" if channel and reply_to else reply_to,
            forwarded_from=intake.author(identifier(fields.get("forwarded_from")), self._namespace),
            edited_at=intake.clock.read_optional(fields.get("edited_at")),
            views=count(fields.get("views")),
            forwards=count(fields.get("forwards")),
            reactions=count(fields.get("reactions")),
        )

    def _voice(self, raw_author: str, channel: str) -> Voice:
        """Telegram's marked ids of channels begin with -100; other tools' exports name the kind of a peer."""
        itself = bool(raw_author) and (raw_author == channel or raw_author.startswith("-100"))
        itself = itself or (self._namespace == NAMESPACE and is_outlet(raw_author))
        return "outlet" if self._intake.outlet or itself else "person"


def open_table(file: TextFile, kind: str, intake: Intake, mapping: Mapping[str, str] | None = None) -> FileCollector:
    """A collector for `kind` json-lines, json-list or csv. CollectorError where text or date cannot be found in it."""
    columns = Columns(mapping)
    reader: Reader
    if kind == "csv":
        reader, export = _csv_rows(file, columns, mapping)
    else:
        reader, names = _json_rows(file, kind)
        export = None if mapping else recognise_export(names)
        if export is None:
            columns.check(names, str(file.path))
    return FileCollector(intake.source, file, reader, Rows(intake, columns, export), _note(export))


def open_messages(file: TextFile, intake: Intake) -> FileCollector | None:
    """A collector for telegram-tracker's JSON, {"messages": [...]} as Telethon gives them; None for others."""
    chats = find_chats(file)
    if len(chats) != 1:
        return None
    reader = JsonArray(chats[0].start)
    with file.open(file.start + reader.start) as stream:
        rows = [record.value for record in islice(reader.read(stream, 0, 0), 5) if record.value is not None]
    export = recognise_export(rows[0]) if rows else None
    return (
        FileCollector(intake.source, file, reader, Rows(intake, Columns(), export), _note(export)) if export else None
    )


def _note(export: Export | None) -> tuple[str, ...]:
    return (f"read as {export.name}",) if export else ()


def _json_rows(file: TextFile, kind: str) -> tuple[Reader, list[str]]:
    """The reader, and the keys seen in the first rows."""
    reader: Reader = JsonLines(file.start) if kind == "json-lines" else JsonArray(file.start)
    with file.open(file.start) as stream:
        rows = [record.value for record in islice(reader.read(stream, 0, 0), _PEEKED_ROWS) if record.value is not None]
    if not rows:
        raise CollectorError(f"{file.path}: no JSON object could be read among the first {_PEEKED_ROWS} records")
    if kind == "json-list" and rows[0]:
        # After damage, go on where an object begins with the key that the first object begins with.
        first = re.escape(next(iter(rows[0])).encode("utf-8", "replace"))
        reader = JsonArray(file.start, beginning=rb'\{\s*+"' + first + rb'"\s*+:')
    return reader, [key for row in rows for key in row]


def _csv_rows(file: TextFile, columns: Columns, mapping: Mapping[str, str] | None) -> tuple[CsvRows, Export | None]:
    """The delimiter is the one that makes the header's names familiar, or else makes most columns."""
    text = file.head.lstrip(b"\r\n").decode("utf-8", "replace")
    candidates: list[tuple[int, int, list[str], str]] = []
    for delimiter in _DELIMITERS:
        try:
            names = [name.strip() for name in next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])]
        except csv.Error:
            continue
        candidates.append((columns.recognised(names), len(names), names, delimiter))
    if not candidates:
        raise CollectorError(f"{file.path}: its first line cannot be read as the header of a table")
    _, _, names, delimiter = max(candidates, key=lambda candidate: candidate[:2])
    export = None if mapping else recognise_export(names)
    if export:
        return CsvRows(file.start, names, delimiter, 1 + max(names.index(name) for name in export.marks)), export
    columns.check(names, str(file.path))
    plan = columns.plan(tuple(names))
    needed = 1 + max(names.index(plan[field][0]) for field in REQUIRED)
    return CsvRows(file.start, names, delimiter, needed), None
