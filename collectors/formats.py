"""What kind of export a file is, by its content."""

from __future__ import annotations

import re
from typing import Literal

from collectors.batches import CollectorError, RecordError
from collectors.files import HEAD, TextFile
from collectors.mbox import is_mbox
from collectors.telegram.export import find_chats
from collectors.values import decode_json

Format = Literal["telegram", "json-lines", "json-list", "csv", "mbox"]
SUPPORTED = (
    "Supported: a Telegram Desktop export in the machine-readable JSON format (result.json), JSON Lines, a JSON list "
    "of objects, CSV and TSV with a header, 4CAT's CSV and NDJSON, telegram-tracker's output, an mbox; each also as .gz"
)
_MAGIC = {
    b"PK\x03\x04": "a zip archive or an office document; unpack it, or save the sheet as CSV",
    b"SQLite format 3": "an SQLite database; export the table as CSV",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file; export it as CSV or JSON Lines",
    b"BZh": "a bzip2 archive; unpack it",
    b"\xfd7zXZ": "an xz archive; unpack it",
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"Rar!": "a rar archive; unpack it",
    b"\x28\xb5\x2f\xfd": "a zstd archive; unpack it",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
_HTML = re.compile(rb"\s*<(?:!doctype html|html|head|body)", re.IGNORECASE)
_STRANGE = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_TELEGRAM = re.compile(rb'"(?:messages"\s*+:\s*+\[|chats"\s*+:\s*+\{)')
_LINES_TRIED = 50


def recognise(file: TextFile) -> Format:
    """The format of the file. CollectorError, naming what was found and what is supported, for any other."""
    head = file.head.lstrip(b" \t\r\n\x00")
    if not head:
        raise CollectorError(f"{file.path} holds nothing but blanks")
    if is_mbox(head):
        return "mbox"
    _refuse_foreign(file, head)
    if head.startswith(b"["):
        return "json-list"
    if not head.startswith(b"{"):
        return "csv"
    lines = head.splitlines()
    if _is_row(lines[0]):
        return "json-lines"
    if _TELEGRAM.search(head):
        return "telegram"
    # A damaged first line must not hide the others; an object in a pretty-printed document stands indented.
    if any(_is_row(line) for line in lines[1:_LINES_TRIED] if line.startswith(b"{")):
        return "json-lines"
    # A whole-account export can begin with megabytes of contacts, and a first line can be longer than the head.
    if find_chats(file):
        return "telegram"
    if b"\n" not in head and len(file.head) >= HEAD:
        return "json-lines"
    raise CollectorError(f"{file.path} is a JSON object without a list of messages, or cut off before it. {SUPPORTED}")


def _is_row(line: bytes) -> bool:
    """Whether the line is one complete object that is not itself an export on a single line."""
    try:
        value, _ = decode_json(line)
    except RecordError:
        return False
    return isinstance(value, dict) and not isinstance(value.get("messages"), list) and not _accounts(value)


def _accounts(value: dict[str, object]) -> bool:
    chats = value.get("chats")
    return isinstance(chats, dict) and isinstance(chats.get("list"), list)


def _refuse_foreign(file: TextFile, head: bytes) -> None:
    for magic, name in _MAGIC.items():
        if file.head.startswith(magic):
            raise CollectorError(f"{file.path} is {name}. {SUPPORTED}")
    if _HTML.match(head):
        raise CollectorError(
            f"{file.path} is an HTML page. In Telegram Desktop choose “Machine-readable JSON” as the format of the "
            f"export. {SUPPORTED}"
        )
    if head.startswith(b"<"):
        raise CollectorError(f"{file.path} is XML. {SUPPORTED}")
    start = file.head[:4096]
    strange = len(_STRANGE.findall(start))
    if strange > 0.1 * len(start):
        raise CollectorError(f"{file.path} is a binary file. {SUPPORTED}")
