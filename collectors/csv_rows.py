"""CSV and TSV rows, each with its line: quotes across lines are read, and a quote left open costs only its own line."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator

from collectors.batches import RecordError
from collectors.files import ByteStream
from collectors.lines import MAX_LINE, lines
from collectors.records import Record

MAX_ROW_LINES = 5000
# The csv module refuses fields above 128 KiB unless told otherwise, for the whole process; lines are bounded before it.
csv.field_size_limit(2 * MAX_LINE)


class CsvRows:
    """Rows below a header. `columns` are the header's names, `start` is where the header begins.

    A row with fewer than `needed` fields is cut off; one that is merely shorter than the header lacks nothing vital.
    """

    def __init__(self, start: int, columns: list[str], delimiter: str, needed: int = 1) -> None:
        self.start = start
        self.limit: int | None = None
        self._columns = columns
        self._delimiter = delimiter
        self._needed = needed

    def read(self, stream: ByteStream, offset: int, number: int) -> Iterator[Record]:
        """Every row as {column: text}; the header is passed over at offset 0."""
        source = _Lines(lines(stream))
        header = offset == 0
        while source.peek():
            begin, first = offset, number + 1
            value, reason = None, ""
            try:
                fields = source.row(self._delimiter)
                value = self._named(fields) if any(fields) else None
            except RecordError as error:
                reason = str(error)
            number += len(source.taken)
            offset += sum(map(len, source.taken))
            if not header and (value or reason):
                pending = bool(reason) and not source.peek() and not source.taken[-1].endswith((b"\n", b"\r"))
                yield Record(
                    value,
                    first,
                    begin if pending else offset,
                    reason,
                    repaired=source.repaired,
                    pending=pending,
                    through=first - 1 if pending else number,
                )
            header = False

    def place(self, record: Record) -> str:
        """The physical line on which the row begins."""
        return f"line {record.number}"

    def _named(self, fields: list[str]) -> dict[str, str]:
        surplus = any(field.strip() for field in fields[len(self._columns) :])
        if surplus or len(fields) < self._needed:
            raise RecordError(f"{len(fields)} fields where the header has {len(self._columns)} columns")
        return dict(zip(self._columns, fields, strict=False))


class _Lines:
    """Lines that can be put back."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._ahead: deque[bytes] = deque()
        self.taken: list[bytes] = []
        self.repaired = False

    def peek(self) -> bool:
        if not self._ahead:
            self._ahead.extend(line for line in (next(self._source, b""),) if line)
        return bool(self._ahead)

    def row(self, delimiter: str) -> list[str]:
        """The fields of the next row. RecordError, with one line taken, where its quotes do not close."""
        self.taken = []
        self.repaired = False
        try:
            return next(csv.reader(self._feed(), delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            self._ahead.extendleft(reversed(self.taken[1:]))
            spanned = len(self.taken) > 1 or "unexpected end" in str(error)
            self.taken = self.taken[:1]
            if spanned:
                raise RecordError(f"a quoted field does not end properly ({error})") from None
        # Quotes inside a field that should have been doubled, on one line: the loose reading is what was meant.
        try:
            return next(csv.reader([_decoded(self.taken[0])[0]], delimiter=delimiter), [])
        except csv.Error as error:
            raise RecordError(f"not a row: {error}") from None

    def _feed(self) -> Iterator[str]:
        size = 0
        while self.peek() and len(self.taken) < MAX_ROW_LINES and size <= MAX_LINE:
            line = self._ahead.popleft()
            self.taken.append(line)
            size += len(line)
            text, repaired = _decoded(line)
            self.repaired = self.repaired or repaired
            yield text


def _decoded(line: bytes) -> tuple[str, bool]:
    try:
        return line.decode(), False
    except UnicodeDecodeError:
        return line.decode("utf-8", "replace"), True
