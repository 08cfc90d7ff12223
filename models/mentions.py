"""Where texts mention the targets: spaCy's tokens of a post, looked up in the targets' lexicon.

A post's language only picks the tokenizer: the words of all languages are looked for in every post,
because posts mix languages and identification errs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import spacy
from spacy.language import Language

import models.kazakh  # noqa: F401  registers spacy.blank("kk")
from configs.settings import TargetSettings
from models.language import identify
from models.lexicon import GAP, WORD, Lexicon
from models.phrases import PhraseIndex
from models.screen import Screen
from models.text import Aligned, align
from storage.records import Mention

_TOKENIZERS = ("ru", "uk", "kk", "en", "ky")
_LONG_TEXT = 20_000
_LONG_RUN = re.compile(r"\S{200}")
# Marks that join words are no part of them: "Россия-Украина", "#релоканты", "рус_мир", "дорого.Понаехали".
_JOINTS = re.compile(r"[-–—/_#@|*‹›]|(?<=[^\W\d_])[.,…:;!?](?=[^\W\d_])")
_SENTENCE_END = re.compile(r"[.!?…]\s|\n")
_LINK = re.compile(r"(?:https?://|www\.|t\.me/)[^\s()\[\]]+|@\w+", re.IGNORECASE)
_MOST_WORDS = 200_000


def separate(text: str) -> str:
    """`text` with spaces for links and for each mark that joins words; same length."""
    return _JOINTS.sub(" ", _LINK.sub(lambda link: " " * len(link[0]), text))


def tokens(text: str, nlp: Language) -> Iterator[tuple[int, str]]:
    """The words of `text` with their places. Linear in the length even of hostile texts."""
    if len(text) > _LONG_TEXT or _LONG_RUN.search(text):
        yield from ((match.start(), match[0]) for match in WORD.finditer(text))
        return
    for token in nlp.make_doc(text):
        if not (token.is_punct or token.is_space):
            yield token.idx, token.text


def _merged(spans: Iterable[tuple[int, int]], excluded: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans in order, overlapping ones as one, without those that lie inside an excluded one."""
    shields = sorted(excluded, reverse=True)
    shielded, current = 0, (-1, -1)
    for start, end in sorted(spans):
        while shields and shields[-1][0] <= start:
            shielded = max(shielded, shields.pop()[1])
        if end <= shielded:
            continue
        if start < current[1]:
            current = current[0], max(current[1], end)
            continue
        if current[1] > 0:
            yield current
        current = start, end
    if current[1] > 0:
        yield current


class MentionFinder:
    """Finds the targets' mentions. Tokenizers and matchers are made at the first text of a language."""

    def __init__(self, targets: Sequence[TargetSettings]) -> None:
        self._targets = tuple(targets)
        self._tokenizers: dict[str, Language] = {}

    @cached_property
    def _phrases(self) -> PhraseIndex:
        return PhraseIndex(Lexicon(self._targets))

    def find(self, texts: Sequence[str], languages: Sequence[str]) -> list[list[Mention]]:
        """For each text its mentions, by place. `languages` are those of `identify`, one for each text.

        Offsets are those of the text as given: `mention.surface == text[mention.start:mention.end]`. Of
        overlapping mentions of one target the union is given; mentions of different targets may overlap.
        """
        results: list[list[Mention]] = [[] for _ in texts]
        by_tokenizer: dict[str, list[int]] = {}
        for index, language in enumerate(languages):
            by_tokenizer.setdefault(language if language in _TOKENIZERS else "xx", []).append(index)
        for name, indices in by_tokenizer.items():
            for index in indices:
                results[index] = self._mentions(align(texts[index]), self._tokenizer(name))
        return results

    def _tokenizer(self, name: str) -> Language:
        # spaCy remembers every word it has seen: a full memory is thrown away.
        if name not in self._tokenizers or len(self._tokenizers[name].vocab) > _MOST_WORDS:
            self._tokenizers[name] = spacy.blank(name)
        return self._tokenizers[name]

    def _mentions(self, aligned: Aligned, nlp: Language) -> list[Mention]:
        places, words = [], []
        for place, word in tokens(separate(aligned.text), nlp):
            places.append(place)
            words.append(word)
        spans: dict[tuple[str, bool], list[tuple[int, int]]] = {}
        for pattern, first, last in self._phrases.find(words):
            span = places[first], places[last] + len(words[last])
            if GAP in pattern.terms and _SENTENCE_END.search(aligned.text, *span):
                continue
            spans.setdefault((pattern.target, pattern.excludes), []).append(span)
        found = []
        for target in self._targets:
            for first, last in _merged(spans.get((target.id, False), ()), spans.get((target.id, True), ())):
                start, end = aligned.span(first, last)
                found.append(Mention(target.id, start, end, aligned.original[start:end]))
        return sorted(found, key=lambda mention: (mention.start, mention.end, mention.target))


def find_targets(
    rows: Sequence[Mapping[str, object]], targets: Sequence[TargetSettings]
) -> Iterator[dict[str, object]]:
    """Rows {id, text} to rows {id, language, mentions: [{target, start, end, surface}]}, in order.

    ValueError, naming the row's place from 1, where a row has no text.
    """
    texts = []
    for place, row in enumerate(rows, start=1):
        if not isinstance(text := row.get("text"), str):
            raise ValueError(f'row {place} (id {row.get("id")!r}): "text" must be a string, found {text!r}')
        texts.append(text)
    languages = identify(texts)
    passed = [index for index, passes in enumerate(Screen(targets).passes(texts)) if passes]
    found = MentionFinder(targets).find([texts[index] for index in passed], [languages[index] for index in passed])
    mentions = dict(zip(passed, found, strict=True))
    for index, row in enumerate(rows):
        yield {
            "id": row.get("id"),
            "language": languages[index],
            "mentions": [
                {"target": m.target, "start": m.start, "end": m.end, "surface": m.surface}
                for m in mentions.get(index, ())
            ],
        }
