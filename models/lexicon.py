"""What names the targets, compiled: the vocabulary of all patterns and which of its terms a post's word stands for.

A term is a dictionary form that occurs in a pattern. Each has keys: beginnings, in the folded alphabet of
`models.skeleton`, one of which every word form taken for that term begins with. The screen looks for the
keys alone, so whatever the mention finder can find, the screen has passed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from configs.settings import TargetSettings
from models.lemmas import LEMMATISED, candidates, inflections
from models.scripts import cyrillise, to_russian_keyboard
from models.skeleton import skeleton

_VOICED = {"к": "г", "п": "б"}
_LATIN_KEY_LETTERS = 6
_MAX_LATIN_KEYS = 200
WORD = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
_PATTERN_WORD = re.compile(f"={{0,1}}(?:{WORD.pattern})")
_RUN = re.compile(r"(\w)\1{2,}")
_LATIN_OPTIONS = {
    **dict(zip("абвгдезклмнопрстф", "abvgdezklmnoprstf", strict=True)),
    "ж": ("zh", "j"),
    "и": ("i", "y"),
    "й": ("i", "y", "j"),
    "у": ("u", "w", "y"),
    "х": ("h", "kh", "x"),
    "ц": ("ts", "c"),
    "к": ("k", "q"),
    "ч": ("ch", "c"),
    "ш": ("sh", "w"),
    "щ": ("sh", "sch"),
    "ъ": ("",),
    "ы": ("y", "i"),
    "ь": ("", "'"),
    "э": ("e",),
    "ю": ("yu", "iu", "ju", "u"),
    "я": ("ya", "ia", "ja", "a"),
    "г": ("g", "gh"),
    "е": ("e", "ye", "a"),
}


GAP = "..."
_ANYWHERE, _LOWER, _CAPITALS = "", "=", "^"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Terms to find in order, `GAP` among them for up to three other words."""

    target: str
    terms: tuple[str, ...]
    excludes: bool = False


def spellings(text: str) -> Iterator[tuple[str, ...]]:
    """The word sequences that a pattern stands for: "in|from Russia" is two, hyphens join nothing, "..." is a gap."""
    choices = []
    for part in text.split():
        if part == GAP:
            choices.append([(GAP,)])
        else:
            choices.append([tuple(_PATTERN_WORD.findall(option)) for option in part.split("|")])
    for chosen in product(*choices):
        yield tuple(word for words in chosen for word in words)


@lru_cache(maxsize=10_000)
def term_of(word: str, language: str) -> str:
    """The term that a pattern's word stands for: the word itself where it is a dictionary form, else its likeliest."""
    forms = candidates(word, language) if language in LEMMATISED else (word.lower(),)
    folded = word.lower().replace("ё", "е")
    if language == "kk":
        return to_russian_keyboard(folded)
    return folded if folded in forms else forms[0]


def _latin_keys(word: str) -> Iterator[str]:
    options = (_LATIN_OPTIONS.get(letter, letter) for letter in word[:_LATIN_KEY_LETTERS])
    spelled = product(*((option,) if isinstance(option, str) else option for option in options))
    return (skeleton("".join(letters)) for letters in islice(spelled, _MAX_LATIN_KEYS))


def keys_of(term: str, language: str) -> frozenset[str]:
    """Folded beginnings of the forms of `term`, in Cyrillic and, for Cyrillic terms, in Latin.

    A key that ends with a space is a whole word: so for Russian and Ukrainian, whose forms are listed.
    """
    forms = inflections(term, language)
    if language in ("ru", "uk"):
        keys = {first_letters(form) + " " for form in forms}
    else:
        keys = {first_letters(form) for form in _open_ends(term, language)}
    if not term.isascii():
        for start in {form[:_LATIN_KEY_LETTERS] for form in forms}:
            whole = " " if start in forms and language in ("ru", "uk") else ""
            keys.update(key + whole for key in _latin_keys(start))
    return frozenset(key for key in keys if key.strip())


def _open_ends(term: str, language: str) -> tuple[str, ...]:
    """What a suffix may leave of a term: a voiced stop in Kazakh, a dropped vowel in English."""
    if language == "kk" and term[-1] in _VOICED:
        return term, term[:-1] + _VOICED[term[-1]]
    if language == "en" and term[-1] in "ey" and len(term) > 4:
        return (term[:-1],)
    return (term[:-1],) if term[-1] == "ь" else (term,)


@lru_cache(maxsize=200_000)
def first_letters(word: str) -> str:
    """The skeleton of `word` up to its first mark or digit."""
    return skeleton(word).split(" ")[0]


class Lexicon:
    """The vocabulary of the targets' patterns, and the patterns in its terms.

    A term is a lemma; with "=" before it a lower-case form, with "^" a form whose capitals count.
    """

    def __init__(self, targets: Sequence[TargetSettings]) -> None:
        self._keys: dict[str, frozenset[str]] = {}
        self._forms: dict[str, set[str]] = {}
        self._added: set[tuple[str, str]] = set()
        self.patterns = tuple(dict.fromkeys(pattern for target in targets for pattern in self._patterns(target)))
        self._all_keys = frozenset().union(*self._keys.values())
        self._lengths = sorted({len(key) for key in self._all_keys})
        self.terms = lru_cache(maxsize=200_000)(self._terms)

    def _patterns(self, target: TargetSettings) -> Iterator[Pattern]:
        for language, match in target.match.items():
            for text in (*match.lemmas, *match.phrases):
                yield from self._compiled(target.id, text, language)
            for text in match.exact:
                yield from self._compiled(target.id, text, language, _CAPITALS if text.isupper() else _LOWER)
            for text in match.exclude:
                yield from self._compiled(target.id, text, language, excludes=True)

    def _compiled(
        self, target: str, text: str, language: str, mark: str = _ANYWHERE, *, excludes: bool = False
    ) -> Iterator[Pattern]:
        for words in spellings(text):
            terms = tuple(word if word == GAP else self._add(word, language, mark) for word in words)
            if not terms or GAP in (terms[0], terms[-1]):
                raise ValueError(f"target {target}, {language}: the pattern {text!r} must begin and end with a word")
            if any(not self._keys.get(term, {""}) for term in terms):
                raise ValueError(f"target {target}, {language}: the pattern {text!r} has a word without a letter")
            yield Pattern(target, terms, excludes)

    def _add(self, word: str, language: str, mark: str) -> str:
        mark = mark or (_LOWER if word.startswith(_LOWER) else _ANYWHERE)
        word = word.removeprefix(_LOWER)
        if mark:
            term = mark + (word if mark == _CAPITALS else word.lower())
            self._keys[term] = frozenset({first_letters(word) + " "})
            return term
        term = term_of(word, language)
        if (term, language) not in self._added:
            self._added.add((term, language))
            self._keys[term] = self._keys.get(term, frozenset()) | keys_of(term, language)
            for form in inflections(term, language):
                self._forms.setdefault(form, set()).add(term)
        return term

    def _terms(self, word: str) -> tuple[str, ...]:
        """The terms that `word`, as written, can stand for, sorted; none for nearly every word."""
        key = first_letters(word) + " "
        if not any(key[:length] in self._all_keys for length in self._lengths):
            return ()
        lowered = word.lower().replace("ё", "е")
        found = {_CAPITALS + word, _LOWER + word.lower()}
        for form in {lowered, _RUN.sub(r"\1\1", lowered), _RUN.sub(r"\1", lowered)}:
            found.update(candidates(form, "en"), candidates(form, "kk"))
            for spelled in (form, to_russian_keyboard(form), cyrillise(form)):
                found |= self._forms.get(spelled, set())
        return tuple(sorted(term for term in found if any(map(key.startswith, self._keys.get(term, ())))))

    def screen_keys(self) -> frozenset[str]:
        """Keys of so few terms that every pattern that can make a mention has one of them (a greedy set cover)."""
        open_patterns = {frozenset(p.terms) - {GAP} for p in self.patterns if not p.excludes}
        tells = {term: self._tells(term) for terms in open_patterns for term in terms}
        found: set[str] = set()
        while open_patterns:
            single = [next(iter(terms)) for terms in open_patterns if len(terms) == 1]
            counts = Counter(term for terms in open_patterns for term in terms)
            chosen = single or [max(sorted(counts), key=lambda term: tells[term] * counts[term])]
            open_patterns = {terms for terms in open_patterns if terms.isdisjoint(chosen)}
            found.update(*(self._keys[term] for term in chosen))
        return frozenset(found)

    def _tells(self, term: str) -> float:
        """How rare a term's forms are in ordinary text, guessed by the shortest of them."""
        return min(len(key.strip()) for key in self._keys[term]) ** 3
