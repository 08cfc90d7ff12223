"""How far a file has been read, such that an appended file goes on, a replaced one starts anew, an unchanged one is
done.

A position names a prefix by its length and digest. It is trusted only where the file still starts with that very
prefix.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

import orjson

from collectors.files import ByteStream


@dataclass(frozen=True, slots=True)
class Position:
    """`offset` bytes holding `records` records are read; `tail` is the digest of unreadable rest at the end, if any."""

    offset: int = 0
    records: int = 0
    digest: str = ""
    tail: str = ""

    @classmethod
    def parse(cls, text: str | None) -> Position:
        """The position written by `str`; the beginning for None or for anything else."""
        try:
            value = orjson.loads(text or "{}")
            position = cls(**value)
        except (orjson.JSONDecodeError, TypeError):
            return cls()
        sound = isinstance(position.offset, int) and isinstance(position.records, int)
        return position if sound and position.offset >= 0 else cls()

    def __str__(self) -> str:
        return orjson.dumps(asdict(self)).decode()


class Prefix:
    """Digests (SHA-256) of growing prefixes of a stream, each byte hashed once."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self._done = 0
        self._held = b""

    def digest(self, length: int) -> str:
        """Of the first `length` bytes, not fewer than asked for before; "" where the stream is shorter."""
        while self._done < length:
            if not self._held and not (chunk := self._stream.read()):
                return ""
            if not self._held:
                self._held = chunk
            taken = self._held[: length - self._done]
            self._hash.update(taken)
            self._done += len(taken)
            self._held = self._held[len(taken) :]
        return self._hash.hexdigest()

    def rest(self) -> str:
        """Of everything behind the last prefix asked for. Ends the use of this object."""
        rest = hashlib.sha256(self._held)
        while chunk := self._stream.read():
            rest.update(chunk)
        return rest.hexdigest()
