"""Posts to hashed character n-grams, many posts at once: no Python loop over characters or words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BUCKETS = 1 << 16
ORDERS = (1, 2, 3, 4, 5)
MAX_CHARACTERS = 600

_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґәғқңөұүһўҳ"
_LATIN = "abcdefghijklmnopqrstuvwxyzäëöüışşğñńáéíóúýǵūōāçşș"
_APOSTROPHES = "'ʻ’‘ʼ`´"
_TABLE_SIZE = 0x2200


def _alphabet() -> npt.NDArray[np.uint32]:
    """Code point to letter class: 0 where it is no letter of these languages, 1 for an apostrophe."""
    table = np.zeros(_TABLE_SIZE, dtype=np.uint32)
    classes = {letter: 2 + rank for rank, letter in enumerate(dict.fromkeys(_CYRILLIC + _LATIN))}
    for letter, number in classes.items():
        table[ord(letter)] = number
        upper = letter.upper()
        if len(upper) == 1 and upper.lower() == letter:
            table[ord(upper)] = number
    for mark in _APOSTROPHES:
        table[ord(mark)] = 1
    return table


_CLASS_OF = _alphabet()


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of the words of many posts.

    `buckets` (positions, orders): a row of the weights for each n-gram starting there, 0 where there is none.
    `word_starts`: first position of each word. `words_of`: for each post the words [a, b) in it, shape (posts, 2).
    """

    buckets: npt.NDArray[np.uint32]
    word_starts: npt.NDArray[np.int64]
    words_of: npt.NDArray[np.int64]


def _letters(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Letter classes of all posts behind one another, a 0 before each word, and where each post begins."""
    cut = [unicodedata.normalize("NFC", text[:MAX_CHARACTERS]) for text in texts]
    joined = "\n" + "\n".join(cut) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    classes = _CLASS_OF[np.minimum(codes, _TABLE_SIZE - 1)]
    # An apostrophe is a letter only between letters (п'ять, o'zbek), else it is a quotation mark.
    around = (classes[:-2] > 1) & (classes[2:] > 1)
    classes[1:-1][(classes[1:-1] == 1) & ~around] = 0
    classes[[0, -1]] = 0
    same = np.zeros(len(classes), dtype=bool)
    same[1:] = classes[1:] == classes[:-1]
    # Letters may stand twice, never three times ("өөөте"); separators stand once.
    third = same & np.concatenate([[False], same[:-1]])
    keep = ~third & ~(same & (classes == 0))
    begins = np.cumsum([0, *(len(text) + 1 for text in cut)])
    return classes[keep], np.cumsum(keep)[begins] - 1


def _buckets(letters: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    size = len(letters)
    padded = np.concatenate([letters, np.zeros(max(ORDERS), dtype=np.uint32)])
    separators = np.concatenate([[0], np.cumsum(padded == 0)])
    result = np.zeros((size, len(ORDERS)), dtype=np.uint32)
    code = np.zeros(size, dtype=np.uint32)
    for column, order in enumerate(ORDERS):
        code = code * np.uint32(0x9E3779B1) + padded[order - 1 : order - 1 + size] + np.uint32(column)
        mixed = (code ^ (code >> np.uint32(15))) * np.uint32(0x85EBCA6B)
        hashed = (mixed >> np.uint32(16)) % np.uint32(BUCKETS - 1) + np.uint32(1)
        if order == 1:
            inside = letters != 0
        else:
            # A separator may only be the first or the last character of an n-gram: a word's edge.
            inner = separators[order - 1 : order - 1 + size] - separators[1 : 1 + size]
            inside = inner == 0
            if order == 2:
                inside &= (padded[:size] != 0) | (padded[1 : 1 + size] != 0)
        result[:, column] = np.where(inside, hashed, 0)
    return result


def grams(texts: Sequence[str]) -> Grams:
    """The hashed n-grams of `texts`, of which the first 600 characters count. Never raises."""
    letters, begins = _letters(texts)
    starts = np.flatnonzero(letters == 0)
    words = np.searchsorted(starts, begins)
    return Grams(_buckets(letters), starts, np.stack([words[:-1], words[1:]], axis=1))
