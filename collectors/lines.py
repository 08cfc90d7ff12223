"""JSON Lines, and the cutting of a stream into lines that the readers of lines share."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.batches import RecordError
from collectors.files import ByteStream
from collectors.records import Record
from collectors.values import decode_json

MAX_LINE = 1 << 26


def lines(stream: ByteStream) -> Iterator[bytes]:
    """Lines with their ends (\\n, \\r\\n, \\r); above 64 MiB, pieces of about that size."""
    held: list[bytes] = []
    length = 0
    while chunk := stream.read():
        if b"\n" not in chunk and b"\r" not in chunk and length < MAX_LINE:
            held.append(chunk)
            length += len(chunk)
            continue
        parts = b"".join((*held, chunk)).splitlines(keepends=True)
        # A chunk may end between the \r and the \n of one line end.
        held = [] if parts[-1].endswith(b"\n") or len(parts[-1]) > MAX_LINE else [parts.pop()]
        length = len(held[0]) if held else 0
        yield from parts
    yield from b"".join(held).splitlines(keepends=True)


class JsonLines:
    """One JSON object a line."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.limit: int | None = None

    def read(self, stream: ByteStream, offset: int, number: int) -> Iterator[Record]:
        """Every line that is not blank; an undecodable last line without an end is pending."""
        for line in lines(stream):
            begin, number, offset = offset, number + 1, offset + len(line)
            content = line.strip(b" \t\r\n\x00")
            if not content:
                continue
            try:
                value, repaired = decode_json(content)
            except RecordError as error:
                unfinished = not line.endswith((b"\n", b"\r"))
                reason = f"{error}; the file may be cut off here" if unfinished else str(error)
                yield Record(
                    None,
                    number,
                    begin if unfinished else offset,
                    reason,
                    pending=unfinished,
                    through=number - unfinished,
                )
                continue
            if isinstance(value, dict):
                yield Record(value, number, offset, repaired=repaired)
            else:
                yield Record(None, number, offset, f"not an object but {type(value).__name__}")

    def place(self, record: Record) -> str:
        """The physical line."""
        return f"line {record.number}"
