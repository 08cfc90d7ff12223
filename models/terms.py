"""The words of a post for comparing posts: a key that all forms of a word share, and the form as written."""

from __future__ import annotations

import re

from models.lemmas import candidates
from models.text import clean, unify_scripts

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_NO_WORD = re.compile(r"(?:https?://|www\.|t\.me/)\S+|@\w+|\[[a-z]+\]|#", re.IGNORECASE)
_KAZAKH_LETTER = re.compile("[әғқңөұүһі]", re.IGNORECASE)
_SHORTEST, _SHORTEST_STEM, _LONGEST = 3, 4, 40


def terms(text: str, language: str) -> list[tuple[str, str]]:
    """The words of three letters and more in their order, each as (key, form in lower case).

    The key is the likeliest dictionary form in Russian and Ukrainian, the shortest stem of four letters and more in
    Kazakh, and the form itself in any other language. A word with a Kazakh letter in a mixed or unknown text counts
    as Kazakh, another as Russian. Links, user names, masks ([phone]) and numbers are left out. The keys are for
    counting and comparing, and not always words.
    """
    bare = unify_scripts(_NO_WORD.sub(" ", clean(text))).lower()
    found = [word for word in _WORD.findall(bare) if _SHORTEST <= len(word) <= _LONGEST]
    return [(_key(word, language), word) for word in found]


def _key(word: str, language: str) -> str:
    if language in ("mixed", "other", ""):
        language = "kk" if _KAZAKH_LETTER.search(word) else "ru"
    if language in ("ru", "uk"):
        return candidates(word, language)[0]
    if language == "kk":
        return min((stem for stem in candidates(word, "kk") if len(stem) >= _SHORTEST_STEM), key=len, default=word)
    return word.replace("ё", "е")
