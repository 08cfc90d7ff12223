"""A post's text in passages: plain, a mention, a word that was searched. Templates escape them."""

from __future__ import annotations

from storage.evidence import Evidence
from storage.words import Term, found_in

Passage = tuple[str, str]
_LONGEST = 4000


def passages(post: Evidence, query: list[Term], target: str | None = None) -> list[Passage]:
    """(text, kind) in order; kind is "", "mention" or "word". At most 4,000 characters are shown."""
    text = post.text[:_LONGEST]
    marks = [""] * len(text)
    for opinion in post.opinions:
        if target in (None, "", opinion.target):
            marks[opinion.start : opinion.end] = ["mention"] * len(marks[opinion.start : opinion.end])
    for start, end in found_in(text, query):
        marks[start:end] = ["word"] * len(marks[start:end])
    found: list[Passage] = []
    begin = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or marks[place] != marks[begin]:
            found.append((text[begin:place], marks[begin]))
            begin = place
    return [*found, ("…", "")] if len(post.text) > _LONGEST else found


def masked(author: str) -> str:
    """A pseudonym so short that it tells two authors apart on a page and no more."""
    return f"{author[:6]}…" if author else "–"
