"""What a comparison rests on, which analysis tells in English, in the language of the page."""

from __future__ import annotations

import re
from functools import cache

from dashboard.words import Words, texts

_PART = "why."


def reason_in(words: Words, reason: str) -> str:
    """A comparison's reason, part by part; a part that no language of the page knows stays as it is."""
    return "; ".join(_told(words, part) for part in reason.split("; ")) if reason else ""


def _told(words: Words, part: str) -> str:
    for key, pattern in _patterns():
        if found := pattern.fullmatch(part):
            return words(key, **found.groupdict())
    return part


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The English texts as patterns: a gap takes anything."""
    told = {key: text for key, text in texts("en").items() if key.startswith(_PART)}
    return tuple(
        (key, re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(text)))) for key, text in told.items()
    )
