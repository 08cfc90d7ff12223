"""Quotes inside posts: cut out of the text, because somebody else said it, and resolved to the post they quote."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from collectors.forums.pages import RawPost
from collectors.forums.text import plain

_WORDS = re.compile(r"\w+")
_ENOUGH = 12


class Quotes:
    """The posts of one page so far, to find the one that a quote without a link repeats."""

    def __init__(self) -> None:
        self._seen: list[tuple[str, str]] = []

    def remember(self, post: RawPost) -> None:
        """A later quote may repeat this post."""
        if post.id:
            self._seen.append((post.id, _folded(post.text)))

    def answered(self, body: LexborNode, selectors: tuple[str, ...]) -> str:
        """Cuts every quote out of `body`. The id of the latest post of this page that the first one repeats, or ""."""
        quoted = ""
        for selector in selectors:
            while (quote := body.css_first(selector)) is not None and quote.mem_id != body.mem_id:
                quoted = quoted or _folded(plain(quote))
                quote.decompose()
        # A heading such as "Аскар писал(а):" may stand before what is repeated: the end of the quote is compared.
        ending = quoted[-60:]
        if len(ending) < _ENOUGH:
            return ""
        return next((native_id for native_id, text in reversed(self._seen) if ending in text), "")


def _folded(text: str) -> str:
    return " ".join(_WORDS.findall(text.lower()))
