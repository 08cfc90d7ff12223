"""The folded alphabet in which texts are screened: one byte a letter, many texts at once.

Case, accents, Latin look-alikes, Kazakh letters and their Russian-keyboard stand-ins fall together,
repeated letters stand once, invisible characters vanish, all else is a space. What is equal before this
folding is equal after it, so a search in folded text misses nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
import numpy.typing as npt

from models.scripts import to_russian_keyboard
from models.text import TO_CYRILLIC, is_hidden

_SPACE, _DROPPED, _OTHER_LETTER = 0, 255, 1
_LETTERS = "абвгдежзиклмнопрстуфхцчшщъыьэюяєґўҳdfgjlqrsuvwz"
_TABLE_SIZE = 0x3000


def _class_of(letter: str) -> int:
    if is_hidden(letter):
        return _DROPPED
    base = unicodedata.normalize("NFKD", to_russian_keyboard(letter).lower())[0].lower()
    base = to_russian_keyboard(base.upper().translate(TO_CYRILLIC).lower().translate(TO_CYRILLIC))
    # "h" looks like "н" in capitals and "b" like "в"; dotless and Latin i fall together with и.
    base = {"ı": "и", "h": "н", "b": "в", "m": "м", "t": "т", "k": "к", "i": "и", "і": "и", "й": "и", "ё": "е"}.get(
        base, base
    )
    if base in _LETTERS:
        return 2 + _LETTERS.index(base)
    return _OTHER_LETTER if base.isalpha() else _SPACE


_TABLE = np.array([_class_of(chr(code)) for code in range(_TABLE_SIZE)], dtype=np.uint8)
_HIDDEN_ABOVE = np.array(
    [
        code
        for code in (*range(0xD800, 0xE000), *range(0xFE00, 0x10000), *range(0xE0000, 0xE1000))
        if is_hidden(chr(code))
    ],
    dtype=np.uint32,
)


def _classes(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    classes = _TABLE[np.minimum(codes, _TABLE_SIZE - 1)]
    high = np.flatnonzero(codes >= _TABLE_SIZE)
    if len(high):
        classes[high] = np.where(np.isin(codes[high], _HIDDEN_ABOVE), _DROPPED, _SPACE)
    return classes


@dataclass(frozen=True, slots=True)
class Folded:
    """Many texts folded behind one another, a space before each word and after the last."""

    letters: bytes
    positions: npt.NDArray[np.int64]
    text_ends: npt.NDArray[np.int64]

    def texts_at(self, places: Sequence[int]) -> list[int]:
        """The index of the text that each byte of `letters` stands for."""
        found: list[int] = np.searchsorted(self.text_ends, self.positions[places], side="right").tolist()
        return found


def fold_all(texts: Sequence[str]) -> Folded:
    """All texts folded. Linear in their length; never raises."""
    joined = "\n" + "\n".join(texts) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    classes = _classes(codes)
    places = np.flatnonzero(classes != _DROPPED)
    classes = classes[places]
    first = np.ones(len(classes), dtype=bool)
    first[1:] = classes[1:] != classes[:-1]
    return Folded(classes[first].tobytes(), places[first], np.cumsum([len(text) + 1 for text in texts]))


@lru_cache(maxsize=10_000)
def _letter(character: str) -> str:
    code = ord(character)
    number = int(_classes(np.array([code], dtype=np.uint32))[0])
    special = {_DROPPED: "", _SPACE: " ", _OTHER_LETTER: "*"}
    return special[number] if number in special else _LETTERS[number - 2]


@lru_cache(maxsize=200_000)
def skeleton(word: str) -> str:
    """`word` in the folded alphabet, as a string of its letters; spaces inside where it has marks or digits."""
    folded = "".join(map(_letter, word))
    return "".join(letter for letter, _ in groupby(folded)).strip(" ")


def encode(key: str) -> bytes:
    """A word's beginning as `skeleton` writes it, a whole word where it ends with a space, as `fold_all` has it."""
    special = {" ": _SPACE, "*": _OTHER_LETTER}
    return bytes([_SPACE, *(special.get(letter, 2 + _LETTERS.find(letter)) for letter in key)])
