"""Which posts can mention a target: one pass of an Aho-Corasick automaton, before any tokenizer.

Aho & Corasick (1975). It lets through everything in which the mention finder finds something, and some more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import ahocorasick_rs

from configs.settings import TargetSettings
from models.lexicon import Lexicon
from models.skeleton import encode, fold_all

_CHUNK_CHARACTERS = 500_000


class Screen:
    """The automaton of all targets' keys."""

    def __init__(self, targets: Sequence[TargetSettings]) -> None:
        keys = sorted(map(encode, Lexicon(targets).screen_keys()))
        self._automaton = ahocorasick_rs.BytesAhoCorasick(keys)

    def passes(self, texts: Sequence[str]) -> list[bool]:
        """For each text whether it can mention a target. No false negatives against `MentionFinder`."""
        passed = [False] * len(texts)
        for start, end in _chunks(texts):
            folded = fold_all(texts[start:end])
            found = self._automaton.find_matches_as_indexes(folded.letters, overlapping=True)
            # The spaces around a word may belong to the texts before and after, its first letter does not.
            for index in folded.texts_at([begin + 1 for _, begin, _ in found]):
                passed[start + index] = True
        return passed


def _chunks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = size = 0
    for index, text in enumerate(texts):
        size += len(text)
        if size >= _CHUNK_CHARACTERS:
            yield start, index + 1
            start, size = index + 1, 0
    if start < len(texts):
        yield start, len(texts)
