"""Which posts of our own corpus a compiled graph is calibrated with and checked on: all its files, mixed in length.

A post's place is given by a digest of its id, as in `models.training.data.held_out`: the check takes from the end that
training never sees, the calibration from the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.passage import passage

CORPUS_FOLDER = Path(__file__).parent / "corpus"
# The shipped descriptions, in which the network was trained to read targets; a user's own need not be there.
_WORDS = {
    ("migrants", "ru"): "мигранты: приезжие, релоканты, беженцы",
    ("migrants", "kk"): "мигранттар: көшіп келгендер, релоканттар, босқындар",
    ("russia", "ru"): "Россия: государство, власть, армия, Кремль",
    ("russia", "kk"): "Ресей: мемлекет, билік, әскер, Кремль",
}


def calibration_pairs(count: int, max_words: int) -> list[tuple[str, str]]:
    """`count` (target in words, passage) pairs that training may see."""
    return list(_pairs(_ordered()[::-1], count, max_words))


def check_pairs(count: int, max_words: int) -> list[tuple[str, str]]:
    """`count` pairs of posts kept out of training. None is among the calibration's while both are few."""
    return list(_pairs(_ordered(), count, max_words))


def _pairs(rows: list[dict[str, Any]], count: int, max_words: int) -> Iterator[tuple[str, str]]:
    for index, row in enumerate(rows[:count]):
        target = sorted(row["labels"])[index % len(row["labels"])]
        language = "kk" if row["lang"] == "kk" else "ru"
        yield _WORDS.get((target, language), target), passage(row["text"], None, max_words)


def _ordered() -> list[dict[str, Any]]:
    rows = []
    for path in sorted(CORPUS_FOLDER.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            rows += [json.loads(line) for line in lines]
    rows = [row for row in rows if row["labels"]]
    return sorted(rows, key=lambda row: hashlib.blake2b(f"corpus/{row['id']}".encode(), digest_size=8).digest())
