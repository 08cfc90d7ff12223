"""What the model sees of a text: all of a short one, the words around the mention of a long one."""

from __future__ import annotations

import regex

_WORD = regex.compile(r"\S+")
_LETTERS = regex.compile(r"[^\W\d_]+")
_SCAN_LIMIT = 200_000
_STEM = 5


def passage(text: str, span: tuple[int, int] | None, max_words: int) -> str:
    """At most `max_words` words of `text`, with `span` (character offsets) in the middle where it must be cut.

    Without a span the beginning is taken. Only 200,000 characters around the span are looked at, so that a
    message of a megabyte costs no more than a long one; no word is cut but one that is longer than that.
    """
    start, end = span or (0, 0)
    base = max(0, start - _SCAN_LIMIT // 2)
    stop = base + _SCAN_LIMIT
    words = [(m.start() + base, m.end() + base) for m in _WORD.finditer(text[base:stop])]
    if len(words) > 1 and words[0][1] <= start and _WORD.match(text[max(0, base - 1) : base]):
        del words[0]
    if len(words) > 1 and words[-1][0] >= end and words[-1][1] == stop and _WORD.match(text[stop : stop + 1]):
        del words[-1]
    if len(words) <= max_words:
        return " ".join(text[a:b] for a, b in words)
    first = next((i for i, (_, b) in enumerate(words) if b > start), len(words) - 1)
    last = next((i for i, (_, b) in enumerate(words) if b >= end), len(words) - 1)
    spare = max(0, max_words - (last - first + 1))
    begin = min(max(0, first - spare // 2), len(words) - max_words)
    return " ".join(text[a:b] for a, b in words[begin : begin + max_words])


def locate(text: str, target: str) -> tuple[int, int] | None:
    """Where `text` first names a target given in free words, by the stems of its longest word; None if nowhere.

    A stem is the word's first five letters (its whole where shorter), which holds for the inflections of
    Russian, Ukrainian and Kazakh; it is a way to choose a passage, not a way to count mentions.
    """
    lowered, wanted = _lower(text[:_SCAN_LIMIT]), _lower(target)
    at = lowered.find(wanted)
    if at >= 0:
        return at, at + len(target)
    words = sorted(_LETTERS.findall(wanted), key=len, reverse=True)
    for word in words[:3]:
        match = regex.search(rf"\b{regex.escape(word[:_STEM])}\w*", lowered)
        if match:
            found: tuple[int, int] = match.span()
            return found
    return None


def _lower(text: str) -> str:
    """Lower case of the same length: offsets into it are offsets into `text`. Only İ has a longer lower case."""
    return text.replace("İ", "I").lower()
