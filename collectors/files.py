"""A file as a stream of UTF-8 bytes: gz opened, UTF-16 and Windows-1251 recoded, a cut-off archive reported not
raised.

Offsets count bytes of that stream, so that they mean the same whatever the file looks like on disk.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from pathlib import Path

from collectors.batches import CollectorError

CHUNK = 1 << 18
HEAD = 1 << 18
_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# Posts shrink to a fifth or a tenth; what grows more than this is made to fill memory or disk, not to be read.
LARGEST_GROWTH = 300
_FREE_GROWTH = 1 << 26
_ASCII = re.compile("[\x00-\x7f]++")
_CYRILLIC = re.compile("[А-Яа-яЁёІіЇїЄєҐґ]")


class ByteStream:
    """Chunks of a file from `start` to `limit` (None: the end). `damage` says why it ended early, "" if it did not."""

    def __init__(self, path: Path, *, compressed: bool, encoding: str, start: int, limit: int | None) -> None:
        self.damage = ""
        self._raw = path.open("rb")
        self._size = max(1, path.stat().st_size)
        self._packed = gzip.GzipFile(fileobj=self._raw) if compressed else None
        self._decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)("replace")
        self._limit = limit
        self._at = 0
        self._grown = 0
        self._held = b""
        if not compressed and self._decoder is None:
            self._raw.seek(start)
            self._at = start
        else:
            self._skip(start)

    def __enter__(self) -> ByteStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._raw.close()

    @property
    def fraction(self) -> float:
        """The part of the file on disk that has been read, in [0, 1]; a little ahead of what was handed out."""
        return min(1.0, self._raw.tell() / self._size) if not self._raw.closed else 1.0

    def read(self) -> bytes:
        """The next chunk; b"" at the end or at the limit."""
        chunk, self._held = self._held or self._next(), b""
        if self._limit is not None:
            chunk = chunk[: max(0, self._limit - self._at)]
        self._at += len(chunk)
        return chunk

    def _next(self) -> bytes:
        while True:
            raw = self._load()
            if self._decoder is None:
                return raw
            decoded = self._decoder.decode(raw, final=not raw).encode("utf-8", "replace")
            if decoded or not raw:
                return decoded

    def _load(self) -> bytes:
        if self.damage:
            return b""
        try:
            if self._packed is None:
                return self._raw.read(CHUNK)
            chunk = self._packed.read1(CHUNK)
        except (EOFError, OSError, zlib.error) as error:
            self.damage = f"the file cannot be read further: {error}"
            return b""
        self._grown += len(chunk)
        if self._grown > _FREE_GROWTH and self._grown > LARGEST_GROWTH * self._raw.tell():
            self.damage = (
                f"the archive grows to more than {LARGEST_GROWTH} times its size, as no export does; unpack it "
                "yourself and look at it first"
            )
            return b""
        return chunk

    def _skip(self, count: int) -> None:
        while self._at < count:
            chunk = self._next()
            if not chunk:
                return
            self._held = chunk[count - self._at :]
            self._at += min(len(chunk), count - self._at)


class TextFile:
    """A readable file and how it is packed. Raises CollectorError where there is no file with content.

    `head`: the first bytes (at most 256 KiB) of the UTF-8 stream. `start`: the offset of its first byte behind a BOM.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        try:
            with path.open("rb") as stream:
                magic = stream.read(4)
        except OSError as error:
            raise CollectorError(f"{path} cannot be read: {error.strerror}") from error
        if not magic:
            raise CollectorError(f"{path} is empty")
        self.compressed = magic[:2] == b"\x1f\x8b"
        self.encoding = "utf-8"
        self.start = 0
        raw = self._head()
        for bom, encoding in _BOMS.items():
            if raw.startswith(bom):
                # Recoded, the two bytes of a UTF-16 BOM become the three of U+FEFF.
                self.encoding, self.start = encoding, 3
                break
        else:
            self.encoding = guessed_encoding(raw)
        self.head = self._head()[self.start :]

    @property
    def size(self) -> int | None:
        """Bytes of the UTF-8 stream, where that is known without reading it."""
        return None if self.compressed or self.encoding != "utf-8" else self.path.stat().st_size

    def open(self, start: int = 0, limit: int | None = None) -> ByteStream:
        """The stream from offset `start` to offset `limit`. CollectorError where the file has gone."""
        try:
            return ByteStream(self.path, compressed=self.compressed, encoding=self.encoding, start=start, limit=limit)
        except OSError as error:
            raise CollectorError(f"{self.path} cannot be read: {error.strerror}") from error

    def _head(self) -> bytes:
        parts: list[bytes] = []
        with self.open() as stream:
            while sum(map(len, parts)) < HEAD and (chunk := stream.read()):
                parts.append(chunk)
        return b"".join(parts)[:HEAD]


def guessed_encoding(head: bytes) -> str:
    """UTF-8, unless most of what is not ASCII fails as UTF-8 and reads as Cyrillic in Windows-1251."""
    decoded = head.decode("utf-8", "replace")
    failed = decoded.count("\ufffd")
    if failed <= 1 or failed <= len(_ASCII.sub("", decoded)) / 2:
        return "utf-8"
    foreign = _ASCII.sub("", head.decode("cp1251", "replace"))
    cyrillic = len(_CYRILLIC.findall(foreign))
    return "cp1251" if cyrillic >= 0.7 * len(foreign) else "utf-8"
