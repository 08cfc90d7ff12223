"""Finds sequences of terms where a word may stand for several terms at once.

spaCy's PhraseMatcher compares one attribute a token; a word here may be a form of several dictionary words
("Ресейден" is both `ресей` and the `ресейден` of a phrase), and each of them counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.lexicon import GAP, Lexicon, Pattern

MAX_GAP = 3


class _Node:
    """What may follow the terms read so far, and the patterns that end with them."""

    __slots__ = ("following", "patterns")

    def __init__(self) -> None:
        self.following: dict[str, _Node] = {}
        self.patterns: list[Pattern] = []


class PhraseIndex:
    """The patterns of a lexicon as a tree of their terms."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._terms = lexicon.terms
        self._root = _Node()
        for pattern in lexicon.patterns:
            node = self._root
            for term in pattern.terms:
                node = node.following.setdefault(term, _Node())
            node.patterns.append(pattern)

    def find(self, words: Sequence[str]) -> Iterator[tuple[Pattern, int, int]]:
        """Each pattern found, with the indices of its first and last word, the last included."""
        meanings = [self._terms(word) for word in words]
        for start, terms in enumerate(meanings):
            if terms:
                for pattern, last in _walk(self._root, meanings, start):
                    yield pattern, start, last


def _walk(node: _Node, meanings: Sequence[Sequence[str]], at: int) -> Iterator[tuple[Pattern, int]]:
    for pattern in node.patterns:
        yield pattern, at - 1
    if GAP in node.following:
        for skipped in range(MAX_GAP + 1):
            yield from _walk(node.following[GAP], meanings, at + skipped)
    for term in meanings[at] if at < len(meanings) else ():
        if term in node.following:
            yield from _walk(node.following[term], meanings, at + 1)
