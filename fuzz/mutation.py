"""New inputs out of old ones: bytes flipped, pieces lost, doubled, swapped or spliced in from elsewhere."""

from __future__ import annotations

import random
from collections.abc import Sequence

LONGEST = 20_000
_SPECIAL = (
    b"", b"\x00", b"\xff", b"\r", b"\n", b'"', b"\\", b"<", b"&#0;", b"]]>", b"{", b"}", b"[", b"]", b",", b":", b"- ",
    b"*a", b"&a ", b"-1", b"0", b"99999999999999999999", b"1e999", b"NaN", b"null", b"true", b"\xed\xa0\x80", b"@name",
    b"\xe2\x80\xae", b"\xf0\x9f\x98\x80", "ё".encode(), "ә".encode(), b"From ", b"2022-02-30", b"24:61", b"\\ud800",
    b"+7 701 123 45 67",
)  # fmt: skip


def mutated(seeds: Sequence[bytes], draw: random.Random) -> bytes:
    """One input made from one or two of the seeds by up to eight changes; at most 20,000 bytes."""
    data = bytearray(draw.choice(seeds)[:LONGEST]) if seeds else bytearray()
    if len(data) > 400 and draw.random() < 0.7:
        begin = draw.randrange(len(data) - 200)
        data = data[begin : begin + draw.randint(100, 2_000)] if draw.random() < 0.3 else data
    for _ in range(draw.randint(1, 8)):
        _change(data, seeds, draw)
    return bytes(data[:LONGEST])


def _change(data: bytearray, seeds: Sequence[bytes], draw: random.Random) -> None:
    at = draw.randint(0, len(data))
    length = min(len(data) - at, int(draw.paretovariate(1.0)))
    kind = draw.randrange(6)
    if kind == 0 and at < len(data):
        data[at] ^= 1 << draw.randrange(8)
    elif kind == 1:
        del data[at : at + length]
    elif kind == 2:
        data[at:at] = draw.choice(_SPECIAL)
    elif kind == 3:
        data[at : at + length] = draw.choice(_SPECIAL)
    elif kind == 4:
        to = draw.randint(0, len(data))
        data[to:to] = data[at : at + length]
    else:
        other = draw.choice(seeds) if seeds else b""
        begin = draw.randint(0, len(other))
        data[at:at] = other[begin : begin + int(draw.paretovariate(0.7))]
