"""Kazakh: a registered spaCy language `kk` (spaCy has none) and a suffix stripper.

Suffixes attach in the order plural, possessive, case, predicate (Kirchner 1998, "Kazakh and Karakalpak"). They
are compared after folding to a Russian keyboard, so that "Қазақстанға", "Казакстанга" and, through
`models.scripts.cyrillise`, "Qazaqstanga" all give one stem.
"""

from __future__ import annotations

from functools import lru_cache

from spacy.attrs import LIKE_NUM  # type: ignore[import-not-found]
from spacy.lang.char_classes import ALPHA, LIST_ELLIPSES, LIST_ICONS
from spacy.lang.punctuation import TOKENIZER_SUFFIXES
from spacy.lang.xx import MultiLanguage
from spacy.language import BaseDefaults
from spacy.util import registry

from models.scripts import to_russian_keyboard

MIN_STEM = 3

_PLURAL = ("лар", "лер", "дар", "дер", "тар", "тер")
_POSSESSIVE = (
    *("ымыз", "имиз", "мыз", "миз", "ыныз", "иниз", "ныз", "низ"),
    *("ым", "им", "ын", "ин", "сы", "си", "м", "н", "ы", "и"),
)
_CASE = (
    *("ндагы", "ндеги", "дагы", "деги", "тагы", "теги", "ники", "дики", "тики", "дай", "дей", "тай", "тей"),
    *("нын", "нин", "дын", "дин", "тын", "тин", "дан", "ден", "тан", "тен", "нан", "нен", "мен", "бен", "пен"),
    *("нда", "нде", "га", "ге", "ка", "ке", "на", "не", "ны", "ни", "ды", "ди", "ты", "ти", "да", "де", "та", "те"),
    *("ша", "ше", "а", "е", "н"),
)
_PREDICATE = ("мын", "мин", "пын", "пин", "сын", "син", "быз", "биз", "пыз", "пиз", "сыз", "сиз", "сындар", "синдер")
_LAYERS = (_PREDICATE, _CASE, _POSSESSIVE, _PLURAL)
_VOWELS = frozenset("аеиоуыэюяәіөұүё")
# A final voiceless stop is voiced before a vowel: келімсек, келімсегі; кітап, кітабы.
_VOICED = {"г": "к", "ғ": "қ", "б": "п"}


def _without(folded: str, length: int, suffixes: tuple[str, ...], shortest: int) -> list[int]:
    """What may remain of the first `length` letters after one of `suffixes`, the longest suffix first."""
    rests = (length - len(suffix) for suffix in suffixes if folded.endswith(suffix, 0, length))
    return sorted(rest for rest in rests if rest >= shortest and not _VOWELS.isdisjoint(folded[:rest]))


@lru_cache(maxsize=100_000)
def stems(word: str) -> tuple[str, ...]:
    """Every stem that a lower-case Kazakh word may have, folded to a Russian keyboard, the longest first."""
    folded = to_russian_keyboard(word)
    lengths = [len(folded)]
    for layer in _LAYERS:
        lengths += [rest for length in tuple(lengths) for rest in _without(folded, length, layer, MIN_STEM)]
    found: dict[str, None] = {}
    for length in sorted(set(lengths), reverse=True):
        found[folded[:length]] = None
        if length < len(folded) and folded[length - 1] in _VOICED:
            found[folded[: length - 1] + _VOICED[folded[length - 1]]] = None
    return tuple(found)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The likely dictionary form of a Kazakh noun or participle, in its own letters and lower case.

    One case suffix, then the plural or a possessive of two letters or more, the longest that fits, never
    below four letters. Verbs keep their tense; short words and homonyms may keep or lose a suffix wrongly.
    """
    lowered = word.lower()
    folded = to_russian_keyboard(lowered)
    length = len(lowered)
    for layer in (_CASE[:-3], tuple(s for s in _POSSESSIVE if len(s) > 1), _PLURAL):
        length = next(iter(_without(folded, length, layer, 4)), length)
    taken = lowered[:length]
    voiced = length < len(lowered) and taken[-1] in _VOICED
    return taken[:-1] + _VOICED[taken[-1]] if voiced else taken


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP_WORDS = _words(
    """
    мен сен сіз ол біз сендер сіздер олар бұл осы сол мына ана мынау анау өз өзі өзім өзің маған саған оған
    бізге сізге оларға менің сенің сіздің оның біздің олардың мені сені сізді оны бізді оларды менде сенде онда
    бізде сонда және бен пен да де та те ма ме ба бе па пе ғой қой ғана тек әрі немесе я яғни бірақ алайда
    дегенмен сондықтан өйткені себебі егер үшін туралы жайлы дейін кейін бұрын соң бойынша арқылы сияқты секілді
    қарай қарсы басқа бар жоқ емес еді екен бол болып болды болса болған болады деп деген дейді дейтін не неге
    қалай қашан қайда қай қандай кім нені неше барлық бәрі әр әрбір кейбір көп аз өте тым ең енді қазір бүгін
    кеше ертең тағы әлі міне иә жарайды мүмкін керек шығар әрине
    """
)

_NUMBERS = _words(
    """
    нөл бір екі үш төрт бес алты жеті сегіз тоғыз он жиырма отыз қырық елу алпыс жетпіс сексен тоқсан жүз мың
    миллион миллиард триллион жарты ширек бірінші екінші үшінші төртінші бесінші алтыншы жетінші сегізінші
    тоғызыншы оныншы
    """
)


def like_num(text: str) -> bool:
    """Whether a token is a number: digits with separators, a fraction, or a Kazakh number word (12-ші, жиырма)."""
    bare = text.lower().lstrip("+-±~").replace(",", "").replace(".", "").split("-")[0]
    if bare.isdigit():
        return True
    numerator, _, denominator = bare.partition("/")
    return (numerator.isdigit() and denominator.isdigit()) or bare in _NUMBERS


# A hyphen stays inside a word: it joins suffixes to abbreviations and numbers (АҚШ-тың, 12-ші).
_INFIXES = (
    *LIST_ELLIPSES,
    *LIST_ICONS,
    r"(?<=[a-zа-яёәғқңөұүһі])[.…](?=[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ])",
    rf"(?<=[{ALPHA}])[,!?/()«»:;]+(?=[{ALPHA}])",
    rf"(?<=[{ALPHA}])[–—~](?=[{ALPHA}])",
)


class KazakhDefaults(BaseDefaults):
    """Tokenizer rules, stop words and number words of Kazakh."""

    infixes = _INFIXES
    suffixes = TOKENIZER_SUFFIXES
    stop_words = set(STOP_WORDS)  # noqa: RUF012
    lex_attr_getters = {**BaseDefaults.lex_attr_getters, LIKE_NUM: like_num}  # noqa: RUF012


@registry.languages("kk")
class Kazakh(MultiLanguage):  # type: ignore[no-untyped-call]
    """`spacy.blank("kk")`."""

    lang = "kk"
    Defaults = KazakhDefaults


__all__ = ["MIN_STEM", "STOP_WORDS", "Kazakh", "KazakhDefaults", "like_num", "stem", "stems"]
