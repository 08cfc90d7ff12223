"""The objects of one JSON list, streamed: memory is bounded, offsets are known, and damage costs only the damaged
object.

A strict streaming parser ends at the first error and so loses every message behind it; this one cuts the list at
its brackets, lets the JSON library read each object, and after an object that is no JSON goes on at the next one's
beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.batches import RecordError
from collectors.files import CHUNK, ByteStream
from collectors.records import Record
from collectors.values import decode_json

MAX_OBJECT = 1 << 23
# Everything here is possessive, hence linear, and matches nothing where the buffer ends too early.
_PLAIN = rb'[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+"'
_BRACKET = re.compile(rb"(?:" + _PLAIN + rb")*+([{}\[\]])", re.DOTALL)
_INSIDE = rb"(?:" + _PLAIN + rb")*+"
for _ in range(3):
    _INSIDE = rb"(?:" + _PLAIN + rb"|[{\[]" + _INSIDE + rb"[}\]])*+"
# A whole object with up to three levels inside it, which is nearly every one: a single match instead of one a bracket.
_SHALLOW = re.compile(rb"[{\[]" + _INSIDE + rb"[}\]]", re.DOTALL)
_SCALAR = re.compile(rb'(?:"(?:[^"\\]++|\\.)*+"|[^\s,\[\]{}"]++|.)', re.DOTALL)
_GAP = re.compile(rb"[\s,\x00]*+")
_OPEN, _CLOSE = b"{[", b"}]"
_OVERLAP = 1024


class JsonArray:
    """A list that opens at offset `start`. `beginning` is how each object begins: where to go on after damage."""

    def __init__(self, start: int, limit: int | None = None, beginning: bytes = rb'\{\s*+"') -> None:
        self.start = start
        self.limit = limit
        self._beginning = re.compile(rb"[,\[\n]\s*+(" + beginning + rb")")

    def read(self, stream: ByteStream, offset: int, number: int) -> Iterator[Record]:
        """Every object of the list; what is not an object, or no JSON, has a reason instead."""
        cutter = _Cutter(stream, self.start, offset, number, self._beginning)
        return cutter.records(opened=offset > 0)

    def place(self, record: Record) -> str:
        """The number of the record, or a Telegram message's own id."""
        known = record.value.get("id") if isinstance(record.value, dict) else None
        if isinstance(known, int) and not isinstance(known, bool):
            return f"message {known}"
        return f"record {record.number}"


class _Cutter:
    def __init__(self, stream: ByteStream, start: int, offset: int, number: int, beginning: re.Pattern[bytes]) -> None:
        self._stream = stream
        self._start = start
        self._beginning = beginning
        self._buffer = b""
        self._base = offset  # offset of the first byte of the buffer
        self._at = 0  # index in the buffer of what comes next
        self._number = number

    def records(self, opened: bool) -> Iterator[Record]:
        damaged = False
        while self._gap():
            byte = self._buffer[self._at : self._at + 1]
            if byte == b"[" and not opened:
                opened = True
                self._at += 1
            elif byte == b"]":
                behind = self._base + self._at
                if not self._resume(self._at + 1):
                    return
                yield self._bad(behind, "the list was closed here but goes on; the bytes between are no JSON")
            elif byte in (b"}", b":"):
                behind = self._base + self._at
                self._at += 1
                # What an object cut short leaves behind has been reported with it.
                if not damaged:
                    yield self._bad(behind, f"a stray {byte.decode()} between two records")
            else:
                record = self._object() if byte in (b"{", b"[") else self._scalar()
                damaged = bool(record.reason)
                yield record
                if record.pending:
                    return
        yield self._bad(self._base + self._at, "the file ends here, before its list is closed", pending=True)

    def _bad(self, offset: int, reason: str, *, pending: bool = False) -> Record:
        """A record without a value. The end is where reading goes on, except of what may yet be completed."""
        self._number += 1
        return Record(
            None, self._number, self._base + self._at, f"{reason} (byte {self._start + offset})", pending=pending
        )

    def _scalar(self) -> Record:
        while (found := _SCALAR.match(self._buffer, self._at)) and found.end() == len(self._buffer):
            if found.end() - self._at > MAX_OBJECT or not self._more():
                break
        offset = self._base + self._at
        self._at = found.end() if found else len(self._buffer)
        return self._bad(offset, "not an object")

    def _object(self) -> Record:
        end = self._object_end()
        offset = self._base + self._at
        if end is None:
            ended = len(self._buffer) - self._at <= MAX_OBJECT
            reason = "the file ends inside this record" if ended else f"longer than {MAX_OBJECT >> 20} MiB"
        else:
            ended = False
            try:
                value, repaired = decode_json(self._buffer[self._at : end])
                if isinstance(value, dict):
                    self._number += 1
                    self._at = end
                    return Record(value, self._number, self._base + end, repaired=repaired)
                reason = f"not an object but {type(value).__name__}"
            except RecordError as error:
                reason = str(error)
        found = self._beginning.search(self._buffer, self._at + 1, end or len(self._buffer))
        if found:
            self._at = found.start(1)
        elif end is not None:
            self._at = end
        elif not ended:
            self._resume(len(self._buffer) - _OVERLAP)
        if ended and found:
            reason = "its quotes or brackets do not close"
        return self._bad(offset, reason, pending=ended and not found)

    def _object_end(self) -> int | None:
        """The index behind the bracket that closes the object at hand; None where the file ends or it is too long."""
        if shallow := _SHALLOW.match(self._buffer, self._at):
            return shallow.end()
        depth, at = 0, self._at
        while True:
            found = _BRACKET.match(self._buffer, at)
            if found is None:
                done = at - self._at
                if len(self._buffer) - self._at > MAX_OBJECT or not self._more():
                    return None
                at = self._at + done
                continue
            at = found.end()
            depth += 1 if self._buffer[at - 1] in _OPEN else -1
            if depth == 0:
                return at

    def _resume(self, at: int) -> bool:
        """Go to the next beginning of an object at or behind `at`; False (and to the end) where there is none."""
        self._at = at
        while True:
            found = self._beginning.search(self._buffer, self._at)
            if found:
                self._at = found.start(1)
                return True
            self._at = max(self._at, len(self._buffer) - _OVERLAP)
            if not self._more():
                self._at = len(self._buffer)
                return False

    def _gap(self) -> bool:
        """Go to the next byte that is neither blank nor comma; False at the end."""
        while True:
            found = _GAP.match(self._buffer, self._at)
            end = found.end() if found else self._at
            if end < len(self._buffer):
                self._at = end
                return True
            if not self._more():
                return False

    def _more(self) -> bool:
        """Append as much again as is kept (so that long objects cost linear time); False at the end."""
        parts = [self._buffer[self._at :]]
        wanted = max(CHUNK, len(parts[0]))
        while wanted > 0 and (chunk := self._stream.read()):
            parts.append(chunk)
            wanted -= len(chunk)
        self._base += self._at
        self._at = 0
        grown = len(parts) > 1
        self._buffer = b"".join(parts)
        return grown
