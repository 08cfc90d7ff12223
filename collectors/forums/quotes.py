"""Quotes inside posts: cut out of the text, because somebody else said it, and resolved to the post they quote."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from collectors.forums.pages import RawPost
from collectors.forums.text import CUT, plain, take_out

_WORDS = re.compile(r"\w+")
_ENOUGH = 12
MOST_REMEMBERED = 300
_ANNOUNCED = re.compile(
    r"(?:\bwrote|\bwrites|has written|пишет|писал(?:а|\(а\))?|написал(?:а|\(а\))?|жазды|деді)\s*+:?\s*+$", re.IGNORECASE
)


_FORWARDED = re.compile(
    r"\s*-{2,}\s*(?:Original Message|Forwarded message|(?:Исходное|Пересылаемое|Пересланное|Перенаправленное) сообщение"
    r"|Бастапқы хабар|Қайта жіберілген хабар)\s*-{2,}\s*$",
    re.IGNORECASE,
)


class Quotes:
    """The posts of a thread read so far, to find the one that a quote without a link repeats.

    Pages that follow each other are one reading; a page out of turn begins another. `cut`: whether the last text held
    a quote. `far`: whether what it repeats stands on an earlier page.
    """

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}
        self._earlier: frozenset[str] = frozenset()
        self._expected = ""
        self.cut = self.far = False

    def turn(self, url: str) -> None:
        """The page at this address is read now."""
        if url != self._expected:
            self._seen = {}
        self._seen = dict(list(self._seen.items())[-MOST_REMEMBERED:])
        self._earlier, self._expected = frozenset(self._seen), ""

    def expect(self, url: str) -> None:
        """The page that follows the one just read."""
        self._expected = url

    def remember(self, post: RawPost) -> None:
        """A later quote may repeat this post."""
        if post.id:
            self._seen[post.id] = _folded(post.text)

    def answered(self, body: LexborNode, selectors: tuple[str, ...]) -> str:
        """Cuts every quote out of `body`. The id of the latest post so far that the first one repeats, or ""."""
        quoted, self.far = list(cut_out(body, selectors)), False
        self.cut = bool(quoted)
        # A first line such as "Аскар писал(а):" may stand before what is repeated; of long quotes the end is compared.
        for part in (part for text in quoted for part in (text, text.partition("\n")[2])):
            ending = _folded(part)[-60:]
            for native_id, text in reversed(self._seen.items()) if len(ending) >= _ENOUGH else ():
                if ending in text:
                    self.far = native_id in self._earlier
                    return native_id
        return ""


def cut_out(body: LexborNode, selectors: tuple[str, ...]) -> Iterator[str]:
    """Cuts quotes out of `body`: what each says of its own, without whom it names and what it quotes in turn."""
    for selector in selectors:
        while (quote := body.css_first(selector)) is not None and quote.mem_id != body.mem_id:
            take_out(quote.css(f"cite, {selector}"), quote)
            yield plain(quote)
            quote.replace_with(CUT)


def without_quoted_lines(text: str) -> str:
    """A letter's own words: without lines that begin with ">", the line that announces them, the signature, and the
    whole letter that some programs append."""
    kept: list[str] = []
    quoting = False
    for line in text.splitlines():
        if line.rstrip() == "--" or line == "-- " or _FORWARDED.match(line):
            break
        if line.lstrip().startswith(">"):
            while kept and not quoting and (not kept[-1].strip() or _ANNOUNCED.search(kept[-1])):
                announced = bool(kept.pop().strip())
                if announced:
                    break
            quoting = True
            continue
        quoting = quoting and not line.strip()
        kept.append(line)
    return "\n".join(kept).strip()


def without_announcement(text: str) -> str:
    """The text without a first line that only announces the quote which was cut out behind it."""
    first, _, rest = text.partition("\n")
    return rest.strip() if rest and _ANNOUNCED.search(first) else text


def _folded(text: str) -> str:
    return " ".join(_WORDS.findall(text.lower()))
