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
# Kazakh endings, folded, longest first: case, possession and number, one after another.
_KAZAKH = tuple(
    sorted(
        [
            "лар",
            "лер",
            "дар",
            "дер",
            "тар",
            "тер",
            "нын",
            "нин",
            "дын",
            "дин",
            "тын",
            "тин",
            "ны",
            "ни",
            "ды",
            "ди",
            "ты",
            "ти",
            "га",
            "ге",
            "ка",
            "ке",
            "на",
            "не",
            "да",
            "де",
            "та",
            "те",
            "дан",
            "ден",
            "тан",
            "тен",
            "нан",
            "нен",
            "мен",
            "бен",
            "пен",
            "ым",
            "им",
            "ын",
            "ин",
            "ы",
            "и",
            "сы",
            "си",
            "лары",
            "лери",
            "дары",
            "дери",
            "тары",
            "тери",
            "мыз",
            "миз",
            "быз",
            "биз",
        ],
        key=len,
        reverse=True,
    )
)


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
            found.append(Term((stem(words[0]),), prefix=True, absent=bool(minus)))
    return found[:_MOST_TERMS]


def fold(text: str) -> str:
    """The letters as the index holds them; the length of the text does not change."""
    lowered = "".join(letter if len(letter.lower()) != 1 else letter.lower() for letter in text)
    return lowered.translate(_FOLD)


def stem(word: str) -> str:
    """A folded word without its ending: Snowball's for Russian, else one or two Kazakh endings; 4 letters stay."""
    # A stemmer holds the word it works on, so threads must not share one.
    russian: str = snowballstemmer.stemmer("russian").stemWord(word)
    if russian != word:
        return russian if len(russian) >= _SHORTEST_STEM else word
    for _ in range(2):
        for ending in _KAZAKH:
            if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
                word = word[: -len(ending)]
                break
        else:
            break
    return word


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
