"""Cleaning, folding and digests of post texts: pure functions, linear in the length of the text.

Posts are untrusted: NUL bytes, bidirectional overrides, lone surrogates and strings that a tokenizer
would take for its own special tokens are all normal here.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

# Control and format characters, fillers and lone surrogates: they print nothing and hide words from a matcher.
_INVISIBLE_CLASS = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e0fff\ud800-\udfff"
)
_COMBINING_CLASS = "\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_INVISIBLE = re.compile(f"[{_INVISIBLE_CLASS}]")
_COMBINING = re.compile(f"[{_COMBINING_CLASS}]")
_HIDDEN = re.compile(f"[{_INVISIBLE_CLASS}{_COMBINING_CLASS}]")
_SPECIAL_TOKEN = re.compile(r"[<＜](/?(?:s|pad|unk|mask|cls|sep|bos|eos))[>＞]", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_LINK = re.compile(r"(?:https?://|www\.|t\.me/)\S+|@\w+", re.IGNORECASE)
_LATIN = re.compile("[A-Za-z]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_SCRIPT_CHANGE = re.compile("[A-Za-zë][\u0400-\u052f]|[\u0400-\u052f][A-Za-zë]")
_RUN = re.compile(r"(\w)\1{2,}")

_LATIN_LOOKALIKES = "ABCEHIKMOPTXYaceiopxyë"
_CYRILLIC_LOOKALIKES = "АВСЕНІКМОРТХУасеіорхуё"
TO_CYRILLIC = dict(zip(map(ord, _LATIN_LOOKALIKES), _CYRILLIC_LOOKALIKES, strict=True))
TO_LATIN = dict(zip(map(ord, _CYRILLIC_LOOKALIKES), _LATIN_LOOKALIKES, strict=True))


def is_hidden(letter: str) -> bool:
    """Whether a character prints nothing by itself: control, format, surrogate or combining."""
    return bool(_HIDDEN.match(letter))


def clean(text: str) -> str:
    """`text` as the model may see it: NFC, nothing invisible, special tokens neutralised, white space collapsed.

    `<s>`, `</s>`, `<pad>`, `<unk>` and `<mask>` keep their letters in other brackets (‹s›), so that a
    tokenizer reads them as text. Idempotent; never raises; offsets into the result are not offsets into `text`.
    """
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    if "<" in text or "＜" in text:
        text = _SPECIAL_TOKEN.sub(r"‹\1›", text)
    return " ".join(text.split())


def _one_script(match: re.Match[str]) -> str:
    word = match[0]
    cyrillic, latin = len(_CYRILLIC.findall(word)), len(_LATIN.findall(word))
    if not (cyrillic and latin):
        return word
    folded = word.translate(TO_CYRILLIC if cyrillic >= latin else TO_LATIN)
    # A word that still mixes scripts is two words written together, not a disguise.
    return word if _LATIN.search(folded) and _CYRILLIC.search(folded) else folded


def unify_scripts(text: str) -> str:
    """Latin look-alikes inside Cyrillic words become Cyrillic, and the reverse; the length stays the same."""
    if not _SCRIPT_CHANGE.search(text):
        return text
    return _WORD.sub(_one_script, text)


def fold(text: str) -> str:
    """`text` for comparison: cleaned, lower case, ё as е, one script a word, runs of three letters or more as one."""
    folded = unify_scripts(clean(text)).lower().replace("ё", "е")
    return _RUN.sub(r"\1", folded)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).hexdigest()


def digest(text: str) -> str:
    """32 hexadecimal digits that are equal exactly where the cleaned texts are equal."""
    return _hash(clean(text))


def near_digest(text: str) -> str:
    """32 hexadecimal digits, equal where the folded words are: links, digits, punctuation and emoji do not count.

    A text without words has its exact digest, so that unlike pictures and numbers are not taken for copies.
    """
    words = _WORD.findall(_LINK.sub(" ", fold(text)))
    return _hash(" ".join(words)) if words else digest(text)


@dataclass(frozen=True, slots=True)
class Aligned:
    """`text` without what hides words from a matcher; `offsets[i]` is where character i stood in the original.

    `offsets` is None where both texts have the same characters at the same places.
    """

    original: str
    text: str
    offsets: list[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The characters [start, end) of `text` as [start, end) of the original. `start` < `end`."""
        if self.offsets is None:
            return start, end
        last = self.offsets[end - 1] + 1
        while last < len(self.original) and _COMBINING.match(self.original[last]):
            last += 1
        return self.offsets[start], last


def align(text: str) -> Aligned:
    """`text` composed, without invisible characters and stress marks, one script a word, with the way back."""
    if not _HIDDEN.search(text) and unicodedata.is_normalized("NFC", text):
        return Aligned(text, unify_scripts(text), None)
    letters: list[str] = []
    offsets: list[int] = []
    last = 0
    for hidden in _HIDDEN.finditer(text):
        letters += text[last : hidden.start()]
        offsets += range(last, hidden.start())
        last = hidden.end()
        if letters and not _INVISIBLE.match(hidden[0]):
            composed = unicodedata.normalize("NFC", letters[-1] + hidden[0])
            if len(composed) == 1:
                letters[-1] = composed
    letters += text[last:]
    offsets += range(last, len(text))
    # Singletons such as the Kelvin sign: those that stay one character when composed.
    for place, letter in enumerate(letters) if not unicodedata.is_normalized("NFC", "".join(letters)) else ():
        single = unicodedata.normalize("NFC", letter)
        letters[place] = single if len(single) == 1 else letter
    return Aligned(text, unify_scripts("".join(letters)), offsets)
