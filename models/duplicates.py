"""Copies of the same text: exact and near, found by digest, so that each distinct text is classified once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.text import digest, near_digest


def first_copies(texts: Sequence[str], *, near: bool = False) -> list[int]:
    """For each text the index of the first text that says the same: exactly, or with `near` up to links and marks.

    `result[i] <= i`, and `result[i] == i` where the text is the first of its kind.
    """
    key: Callable[[str], str] = near_digest if near else digest
    first: dict[str, int] = {}
    return [first.setdefault(key(text), index) for index, text in enumerate(texts)]
