"""A mailbox in the mbox format (RFC 4155): a mailing list's archive, as HyperKitty and Mailman export it."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from collectors.batches import RecordError, Skip
from collectors.file_collector import FileCollector
from collectors.files import ByteStream, TextFile
from collectors.forums.decoding import decoded
from collectors.forums.quotes import cut_out, without_announcement, without_quoted_lines
from collectors.forums.text import plain
from collectors.intake import Intake
from collectors.lines import MAX_LINE, lines
from collectors.records import Record
from storage.records import Post

_FROM = re.compile(rb"From \S+.*\d{4}\s*$")
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_QUOTES = ("blockquote", ".gmail_quote", ".gmail_attr", ".moz-cite-prefix")
_MESSAGE_ID = re.compile(r"<([^<>\s]+)>")


def is_mbox(head: bytes) -> bool:
    """Whether a file begins as a mailbox does: a From line, and a header behind it."""
    first, _, rest = head.partition(b"\n")
    return bool(_FROM.match(first.rstrip(b"\r"))) and bool(re.match(rb"[A-Za-z-]+:", rest))


class MboxReader:
    """Cuts a mailbox into letters; a letter above 64 MiB is set aside."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.limit: int | None = None

    def read(self, stream: ByteStream, offset: int, number: int) -> Iterator[Record]:
        """Every letter as {"raw": its bytes}, without the From line."""
        held: list[bytes] = []
        size, blank = 0, True
        for line in lines(stream):
            if blank and held and _FROM.match(line.rstrip(b"\r\n")):
                number, offset = number + 1, offset + size
                yield _letter(held, number, offset)
                held, size = [], 0
            held.append(line)
            size += len(line)
            blank = not line.strip()
        if held:
            yield _letter(held, number + 1, offset + size)

    def place(self, record: Record) -> str:
        """The number of the letter in the box."""
        return f"letter {record.number}"


class Letters:
    """Turns a letter into a post: without quoted lines and signature; the Message-ID is its id."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def __call__(self, row: dict[str, Any]) -> Post | Skip:
        """The post; Skip.EMPTY without words of its own. RecordError without a date or an id."""
        letter = email.message_from_bytes(row["raw"], policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        text = self._intake.text(without_quoted_lines(_body(letter)))
        if not text:
            return Skip.EMPTY
        native_id = _ids(letter, "Message-ID")
        if not native_id:
            raise RecordError("the letter has no Message-ID")
        answers = _ids(letter, "In-Reply-To")
        thread = [*_ids(letter, "References"), *answers, native_id[0]]
        return Post(
            source=self._intake.source.source,
            native_id=native_id[0],
            posted_at=self._intake.time(_date(letter)),
            text=text,
            author=self._intake.author(parseaddr(_header(letter, "From"))[1].lower()),
            voice="outlet" if self._intake.outlet else "person",
            thread=thread[0],
            reply_to=answers[0] if answers else "",
        )


def open_mbox(file: TextFile, intake: Intake) -> FileCollector:
    """A collector for a mailbox. Its letters say themselves in which encoding they are."""
    file.encoding, file.start = "utf-8", 0
    return FileCollector(intake.source, file, MboxReader(0), Letters(intake))


def _letter(held: list[bytes], number: int, end: int) -> Record:
    raw = b"".join(held[1:])
    if len(raw) > MAX_LINE:
        return Record(None, number, end, f"a letter of {len(raw)} bytes")
    return Record({"raw": _ESCAPED.sub(rb"\1", raw)}, number, end)


def _header(letter: EmailMessage, name: str) -> str:
    """A header as text; one on which Python's own parser breaks is taken as it stands in the letter."""
    try:
        return str(letter.get(name) or "")
    except (ValueError, IndexError, AttributeError, TypeError, NameError):
        return next((str(value) for key, value in letter.raw_items() if key.lower() == name.lower()), "")


def _ids(letter: EmailMessage, name: str) -> list[str]:
    text = _header(letter, name)
    return _MESSAGE_ID.findall(text) or ([text.strip()] if name == "Message-ID" and text.strip() else [])


def _date(letter: EmailMessage) -> str:
    """When it was written; -0000 says that the time is in UTC and nothing of the sender's zone (RFC 5322, 3.3)."""
    try:
        told = _header(letter, "Date")
        moment = parsedate_to_datetime(told)
    except (TypeError, ValueError, IndexError, OverflowError):
        raise RecordError("the letter has no date that can be read") from None
    return (moment.replace(tzinfo=dt.UTC) if "-0000" in told else moment).isoformat()


def _body(letter: EmailMessage) -> str:
    """The plain text of the letter, or its HTML without markup and quotes; attachments are left out."""
    try:
        part = letter.get_body(("plain", "html"))
        content = part.get_payload(decode=True) if part is not None else b""
    except (LookupError, ValueError, KeyError, AttributeError) as error:
        raise RecordError(f"the text of the letter cannot be decoded ({error})") from None
    if part is None or not isinstance(content, bytes):
        return ""
    text = decoded(content, _as_declared(content, part.get_content_charset()))
    body = LexborHTMLParser(text).body if part.get_content_subtype() == "html" else None
    if body is None:
        return text
    quotes = list(cut_out(body, _QUOTES))
    return without_announcement(plain(body)) if quotes else plain(body)


def _as_declared(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")
