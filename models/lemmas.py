"""Dictionary forms of words, with bounded caches: pymorphy3 for Russian and Ukrainian, suffixes for Kazakh and English.

All forms are lower case with ё as е. Kazakh stems are folded to a Russian keyboard.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from models import kazakh
from models.scripts import cyrillise, to_russian_keyboard

LEMMATISED = ("ru", "uk", "kk", "en")
_LONGEST_WORD = 40
_CYRILLIC = re.compile("^[\u0400-\u052f'’-]+$")


@cache
def _analyser(language: str) -> Any:
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang=language)


def _fold(word: str) -> str:
    return word.lower().replace("ё", "е")


@lru_cache(maxsize=200_000)
def _slavic(word: str, language: str) -> tuple[str, ...]:
    # Of letters that Unicode names by rule alone (Tangut, ideographs) pymorphy3 asks the name, and fails.
    if not _CYRILLIC.search(word):
        return (word,)
    return tuple(dict.fromkeys(_fold(parse.normal_form) for parse in _analyser(language).parse(word)))


def _english(word: str) -> tuple[str, ...]:
    found = [word]
    for ending, replacements in (
        ("'s", ("",)),
        ("’s", ("",)),
        ("ies", ("y",)),
        ("es", ("", "e")),
        ("s", ("",)),
        ("ied", ("y",)),
        ("ed", ("", "e")),
        ("ing", ("", "e")),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            found += [word[: -len(ending)] + replacement for replacement in replacements]
    return tuple(dict.fromkeys(found))


def candidates(word: str, language: str) -> tuple[str, ...]:
    """The forms that a dictionary may list `word` under in a language ("ru", "uk", "kk", "en"), the likeliest first.

    A Latin word is read as transliterated for the three Cyrillic languages. A word of more than 40 characters
    is its own lemma. ValueError for another language.
    """
    if language not in LEMMATISED:
        raise ValueError(f"no lemmatiser for the language {language!r}; there are {', '.join(LEMMATISED)}")
    word = _fold(word)
    if len(word) > _LONGEST_WORD:
        return (word,)
    if language == "en":
        return _english(word)
    if "a" <= word[:1] <= "z":
        word = cyrillise(word)
    return kazakh.stems(word) if language == "kk" else _slavic(word, language)


def lemma(word: str, language: str) -> str:
    """The dictionary form of `word` in a language; the word itself, folded, where that language has no lemmatiser."""
    if language == "kk":
        return kazakh.stem(word)
    return candidates(word, language)[0] if language in LEMMATISED else _fold(word)


@lru_cache(maxsize=10_000)
def inflections(word: str, language: str) -> tuple[str, ...]:
    """The surface forms of a dictionary form as far as they can be listed: all for Russian and Ukrainian, else one."""
    word = _fold(word)
    if language not in ("ru", "uk"):
        return (to_russian_keyboard(word) if language == "kk" else word,)
    forms = [word]
    for parse in _analyser(language).parse(word):
        if _fold(parse.normal_form) == word:
            forms += [_fold(form.word) for form in parse.lexeme]
    return tuple(dict.fromkeys(forms))
