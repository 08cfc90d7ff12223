"""What a person searches for, as terms of the full-text index.

The index holds words in lower case, е for ё, and Kazakh letters as they are typed on a Russian keyboard, so that
"казак" finds "Қазақ". A word that is searched loses its ending and finds every word that begins like the rest:
"мигрантами" finds "мигранты", "релоканттар" finds "релокант". "Quoted words" must stand side by side as written;
a word after a minus must not occur.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import snowballstemmer

_FOLD = str.maketrans("ёқғңәөүұһі", "екгнаоуухи")
_PARTS = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_WORD = re.compile(r"[^\W_]+")
_SHORTEST_STEM = 4
_MOST_TERMS = 20
# Kazakh endings, folded, from the end of a word inward: case, possession, number.
_CASE = (
    *("нын", "нин", "дын", "дин", "тын", "тин", "дан", "ден", "тан", "тен", "нан", "нен", "мен", "бен", "пен"),
    *("нда", "нде", "ны", "ни", "ды", "ди", "ты", "ти", "га", "ге", "ка", "ке", "на", "не", "да", "де", "та", "те"),
)
_POSSESSION = ("ымыз", "имиз", "мыз", "миз", "ым", "им", "ын", "ин", "сы", "си", "ы", "и")
_NUMBER = ("лар", "лер", "дар", "дер", "тар", "тер")
_OF_KAZAKH = frozenset("қғңәөүұһі")
# Without such a letter: "мигранттарды" has a plural and a case side by side, "ресейге" a case as no Russian word has.
_ENDS_KAZAKH = re.compile(r"(лар|лер|дар|дер|тар|тер|ей)(ды|ди|га|ге|де|дан|ден|дын|дин|мен)$")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand side by side, or a single one of which the beginning is enough; `absent`: must not occur."""

    words: tuple[str, ...]
    prefix: bool = False
    absent: bool = False


def terms(query: str) -> list[Term]:
    """The terms of a query, at most twenty; punctuation is no part of any. Nothing is an error: no terms, no search."""
    found: list[Term] = []
    for minus, quoted, plain in _PARTS.findall(query[:1000]):
        words = tuple(_WORD.findall(fold(quoted or plain)))
        if not words:
            continue
        if quoted or len(words) > 1:
            found.append(Term(words, absent=bool(minus)))
        else:
            found.append(Term((stem(_WORD.findall(plain)[0]),), prefix=True, absent=bool(minus)))
    return found[:_MOST_TERMS]


def fold(text: str) -> str:
    """The letters as the index holds them; the length of the text does not change."""
    lowered = "".join(letter if len(letter.lower()) != 1 else letter.lower() for letter in text)
    return lowered.translate(_FOLD)


def stem(word: str) -> str:
    """A word, folded, without its ending: Kazakh ones where its letters or its ending tell Kazakh, else Russian ones.

    A word in which Snowball finds no Russian ending loses Kazakh ones too. At least 4 letters stay.
    """
    folded = fold(word)
    if _OF_KAZAKH.isdisjoint(word.lower()) and not _ENDS_KAZAKH.search(folded):
        # A stemmer holds the word it works on, so threads must not share one.
        russian: str = snowballstemmer.stemmer("russian").stemWord(folded)
        if russian != folded:
            return russian if len(russian) >= _SHORTEST_STEM else folded
    for endings in (_CASE, _POSSESSION, _NUMBER):
        ending = next((e for e in endings if folded.endswith(e) and len(folded) - len(e) >= _SHORTEST_STEM), "")
        folded = folded.removesuffix(ending)
    return folded


def found_in(text: str, query: list[Term]) -> list[tuple[int, int]]:
    """Where the words of the query stand in a text: [start, end) in order, for highlighting."""
    wanted = [(word, term.prefix) for term in query if not term.absent for word in term.words]
    if not wanted:
        return []
    return [
        match.span()
        for match in _WORD.finditer(fold(text))
        if any(match[0].startswith(word) if prefix else match[0] == word for word, prefix in wanted)
    ]


def fts5(query: list[Term]) -> str:
    """The query in FTS5's words; "" where no term must occur. Terms are letters and digits: quoting is safe."""
    present = [_fts5_term(term) for term in query if not term.absent]
    absent = [_fts5_term(term) for term in query if term.absent]
    if not present:
        return ""
    return f"({' AND '.join(present)})" + "".join(f" NOT {term}" for term in absent)


def tsquery(query: list[Term]) -> str:
    """The query in PostgreSQL's words; "" where no term must occur."""
    if all(term.absent for term in query):
        return ""
    return " & ".join(("!" if term.absent else "") + _tsquery_term(term) for term in query)


def _fts5_term(term: Term) -> str:
    return '"' + " ".join(term.words) + '"' + ("*" if term.prefix else "")


def _tsquery_term(term: Term) -> str:
    return "(" + " <-> ".join(f"'{word}'" + (":*" if term.prefix else "") for word in term.words) + ")"
