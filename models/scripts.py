"""One language in several scripts: Kazakh on a Russian keyboard and in Latin, Russian in Latin, Uzbek in Cyrillic.

Nothing here is a standard orthography: it follows how people type.
"""

from __future__ import annotations

import random
import re

_KEYBOARD = str.maketrans("әғқңөұүһіӘҒҚҢӨҰҮҺІ", "агкноуухиАГКНОУУХИ")

# Longest first: digraphs before letters. Values are Cyrillic as folded by `to_russian_keyboard`.
_LATIN_TO_CYRILLIC = {
    **{vowel + "ı": letter + "й" for vowel, letter in zip("aáeoóu", "ааеооу", strict=True)},
    "shch": "щ",
    "sch": "щ",
    "tch": "ч",
    "zh": "ж",
    "kh": "х",
    "ts": "ц",
    "ch": "ч",
    "sh": "ш",
    "gh": "г",
    "ya": "я",
    "ia": "я",
    "ja": "я",
    "yu": "ю",
    "iu": "ю",
    "ju": "ю",
    "yo": "е",
    "ye": "е",
    "iya": "ия",
    "iia": "ия",
    "yi": "ы",
    "ng": "нг",
    "iy": "ий",
    "yy": "ый",
    "ii": "ий",
    "ei": "ей",
    "ey": "ей",
    "ai": "ай",
    "ay": "ай",
    "oi": "ой",
    "oy": "ой",
    "ui": "уй",
    "uy": "уй",
    "äi": "ай",
    "ái": "ай",
    "ej": "ей",
    "aj": "ай",
    **dict(zip("abcdefghijklmnopqrstuvwxyz", "абцдефгхижклмнопкрстувухыз", strict=True)),
    **dict(zip("äáàǎəëöóòüúùūıíìïşșšñńňğǵýōāçčž", "аааааеоооууууиииишшшнннггуоаччж", strict=True)),
}
_LATIN_PIECE = re.compile("|".join(sorted(map(re.escape, _LATIN_TO_CYRILLIC), key=len, reverse=True)))

_ROMAN_COMMON = dict(zip("абвгдезклмнопрстуф", "abvgdezklmnoprstuf", strict=True)) | {
    "ё": "yo",
    "ц": "ts",
    "щ": "sh",
    "ъ": "",
    "ь": "",
    "э": "e",
    "ю": "yu",
    "я": "ya",
    "һ": "h",
}
_ROMAN_CHOICES = {
    "ж": ("zh", "j", "j"),
    "ш": ("sh", "sh", "w", "ş"),
    "ч": ("ch", "ch", "c"),
    "х": ("h", "kh", "x"),
    "й": ("i", "y", "i"),
    "ы": ("y", "i", "ı"),
    "и": ("i", "i", "i"),
    "і": ("i", "i", "i"),
    "у": ("u", "u", "w"),
    "қ": ("q", "k", "q"),
    "ғ": ("g", "gh", "ğ"),
    "ң": ("n", "ng", "ñ"),
    "ә": ("a", "a", "ä", "á"),
    "ө": ("o", "o", "ö"),
    "ұ": ("u", "u", "ū"),
    "ү": ("u", "u", "ü"),
}

_UZBEK = {
    "o'": "ў",
    "g'": "ғ",
    "oʻ": "ў",
    "gʻ": "ғ",
    "o‘": "ў",
    "g‘": "ғ",
    "sh": "ш",
    "ch": "ч",
    "yo": "ё",
    "yu": "ю",
    "ya": "я",
    "ye": "е",
    "ts": "ц",
    "'": "ъ",
    "’": "ъ",
    "ʻ": "ъ",
    "‘": "ъ",
    **dict(zip("abdefghijklmnopqrstuvxyz", "абдефгҳижклмнопқрстувхйз", strict=True)),
}
_UZBEK_PIECE = re.compile("|".join(sorted(map(re.escape, _UZBEK), key=len, reverse=True)))


def to_russian_keyboard(text: str) -> str:
    """Kazakh letters as the nearest of a Russian keyboard: қ к, ғ г, ң н, ө о, ұ ү у, і и, ә а, һ х; same length."""
    return text.translate(_KEYBOARD)


def cyrillise(word: str) -> str:
    """A lower-case Latin word as Cyrillic of a Russian keyboard ("reseiden" → "ресейден", "rossiya" → "россия").

    One reading out of several; letters it does not know stay.
    """
    return _LATIN_PIECE.sub(lambda piece: _LATIN_TO_CYRILLIC[piece[0]], word)


def romanise(text: str, rng: random.Random) -> str:
    """Cyrillic `text` in lower-case Latin, in one of the spellings that people use, the same one throughout."""
    choice = {letter: rng.choice(options) for letter, options in _ROMAN_CHOICES.items()}
    return "".join(_ROMAN_COMMON.get(letter, choice.get(letter, letter)) for letter in text.lower())


def uzbek_to_cyrillic(text: str) -> str:
    """Uzbek Latin `text` as lower-case Cyrillic."""
    folded = _UZBEK_PIECE.sub(lambda piece: _UZBEK[piece[0]], text.lower())
    return re.sub(r"\bе", "э", folded)
