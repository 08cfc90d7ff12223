"""Records on their way from bytes to posts, whatever the format, and where in the file each one stood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from collectors.files import ByteStream


@dataclass(slots=True)
class Record:
    """One record of a file: its `value`, or the `reason` why it has none.

    `number` counts records (lines, for formats of lines) from 1, `through` is the last line of a record of several;
    `end` is the offset behind the record, from the start of what is read. A record with `pending` is damage at the
    very end, which may yet be completed: its `end` is where it begins.
    """

    value: Any
    number: int
    end: int
    reason: str = ""
    excerpt: str = ""
    repaired: bool = False
    pending: bool = False
    through: int = 0


class Reader(Protocol):
    """Cuts the part of a file from `start` to `limit` into records."""

    start: int
    limit: int | None

    def read(self, stream: ByteStream, offset: int, number: int) -> Iterator[Record]:
        """The records behind `offset` (relative to `start`), of which `number` came before; `stream` stands there."""
        ...

    def place(self, record: Record) -> str:
        """Where the record stood, in a reader's words: "line 12", "message 17"."""
        ...
