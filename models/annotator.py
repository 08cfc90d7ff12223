"""Posts in, opinions out: screen, language, mentions, stance, narratives; each distinct text once.

text --Screen--> mentions a target? --MentionFinder--> where --StanceModel--> against / neutral / favor
                                                                  --NarrativeReader--> why
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import models.spacy_alone  # noqa: F401  before spaCy
from configs.settings import Settings, TargetSettings
from models.duplicates import first_copies
from models.language import identify
from models.mentions import MentionFinder
from models.narratives import NarrativeReader, narrative_definitions
from models.passage import passage
from models.screen import Screen
from models.stance import Query, StanceModel
from models.text import clean, digest
from models.wording import target_words
from storage.records import STANCES, Mention, Opinion, Post, Reading, TargetReading

READING_RULES = 3
"""Raised whenever this code reads texts differently: results of two readings are never mixed."""


@dataclass(frozen=True)
class Annotations:
    """What was read in a batch of posts. `new_readings` are those of texts that were not known before.

    `near_copies`: posts of the batch that say the same as an earlier one up to links, digits, marks and emoji.
    """

    languages: dict[tuple[str, str], str]
    opinions: list[Opinion]
    new_readings: list[Reading]
    near_copies: int


class Annotator:
    """Reads texts. `version` names everything that its results depend on: weights and target files."""

    def __init__(self, targets: Sequence[TargetSettings], model: StanceModel, languages: Sequence[str] = ()) -> None:
        """`languages`: those that posts are expected in; a text in another is "other". Empty: any."""
        self._languages = frozenset(languages)
        self.targets = {target.id: target for target in targets}
        self.stance = model
        self.version = f"{model.model}-{_targets_digest(targets)}"

    # Made at first use: whoever asks for the version alone need not wait for them.
    @cached_property
    def _screen(self) -> Screen:
        return Screen(list(self.targets.values()))

    @cached_property
    def _finder(self) -> MentionFinder:
        return MentionFinder(list(self.targets.values()))

    @cached_property
    def _narratives(self) -> NarrativeReader:
        return NarrativeReader(list(self.targets.values()), self.stance)

    def read(self, texts: Mapping[str, str], progress: Callable[[int], None] | None = None) -> list[Reading]:
        """One reading for each text, in the order given. `texts` are by digest; `progress` counts texts done."""
        languages = [self._expected(language) for language in identify(list(texts.values()))]
        passed = self._screen.passes(list(texts.values()))
        candidates = [i for i, passes in enumerate(passed) if passes]
        digests, bodies = list(texts), list(texts.values())
        if progress:
            progress(len(texts) - len(candidates))
        found = self._finder.find([bodies[i] for i in candidates], [languages[i] for i in candidates])
        mentions = {i: _first_of_each(spans) for i, spans in zip(candidates, found, strict=True)}
        asked = [(i, mention) for i, spans in mentions.items() for mention in spans]
        results = self._stances([(bodies[i], languages[i], mention) for i, mention in asked])
        if progress:
            progress(len(candidates))
        by_text: dict[int, list[TargetReading]] = {}
        for (i, _), result in zip(asked, results, strict=True):
            by_text.setdefault(i, []).append(result)
        return [Reading(digests[i], self.version, languages[i], tuple(by_text.get(i, ()))) for i in range(len(digests))]

    def placed(self, reading: Reading, text: str) -> Reading:
        """`reading` with its mentions where they stand in `text`: a copy in other white space or with hidden marks."""
        if all(text[result.start : result.end] == result.surface for result in reading.results):
            return reading
        mentions = {m.target: m for m in _first_of_each(self.mentions(text, reading.language))}
        results = (
            replace(result, start=here.start, end=here.end, surface=here.surface)
            if (here := mentions.get(result.target))
            else result
            for result in reading.results
        )
        return replace(reading, results=tuple(results))

    def mentions(self, text: str, language: str) -> list[Mention]:
        """All mentions in `text`, by place; a reading has the first of each target alone."""
        return self._finder.find([text], [language])[0]

    def _expected(self, language: str) -> str:
        return language if not language or not self._languages or language in self._languages else "other"

    def _stances(self, asked: list[tuple[str, str, Mention]]) -> list[TargetReading]:
        queries = [
            Query(
                target=target_words(self.targets[mention.target], language),
                text=passage(text, (mention.start, mention.end), self.stance.max_words),
                target_id=mention.target,
                language=language,
            )
            for text, language, mention in asked
        ]
        probabilities, encodings = self.stance.read(queries)
        stances = [STANCES[int(p.argmax())] for p in probabilities]
        narratives = self._narratives.name([query.target_id for query in queries], stances, encodings)
        return [
            TargetReading(
                target=mention.target,
                start=mention.start,
                end=mention.end,
                surface=mention.surface,
                p_against=float(p[0]),
                p_neutral=float(p[1]),
                p_favor=float(p[2]),
                stance=stance,
                narratives=why,
            )
            for (_, _, mention), p, stance, why in zip(asked, probabilities, stances, narratives, strict=True)
        ]


def annotate(
    posts: Iterable[Post],
    annotator: Annotator,
    known: Mapping[str, Reading],
    progress: Callable[[int], None] | None = None,
) -> Annotations:
    """The languages and opinions of posts; texts whose digest is in `known` are not read again."""
    kept = [(post, post.text_digest or digest(post.text)) for post in posts if not post.deleted_at]
    # What is read is a function of the digest alone, whichever of the text's copies comes first.
    fresh = {mark: clean(post.text) for post, mark in kept if mark not in known}
    new = annotator.read(fresh, progress)
    readings = {**known, **{reading.text_digest: reading for reading in new}}
    languages: dict[tuple[str, str], str] = {}
    opinions: list[Opinion] = []
    for post, mark in kept:
        reading = annotator.placed(readings[mark], post.text)
        languages[post.source, post.native_id] = reading.language
        opinions += _opinions(post, reading)
    copies = sum(first != index for index, first in enumerate(first_copies([post.text for post, _ in kept], near=True)))
    return Annotations(languages, opinions, new, copies)


def _opinions(post: Post, reading: Reading) -> Iterator[Opinion]:
    for r in reading.results:
        yield Opinion(
            source=post.source,
            native_id=post.native_id,
            target=r.target,
            model=reading.model,
            p_against=r.p_against,
            p_neutral=r.p_neutral,
            p_favor=r.p_favor,
            stance=r.stance,
            start=r.start,
            end=r.end,
            surface=r.surface,
            narratives=r.narratives,
        )


def open_annotator(settings: Settings, threads: int = 0) -> Annotator:
    """The annotator that the configuration describes, on so many threads (0: all cores).

    Weights are loaded when the first text needs them.
    """
    model = StanceModel(settings.monitor.adapter, settings.monitor.encoder, threads=threads)
    return Annotator(settings.targets, model, settings.monitor.languages)


def _targets_digest(targets: Sequence[TargetSettings]) -> str:
    """Changes with what is matched, with what the model is asked and with what narratives say, not with titles."""
    asked = [
        {**target.model_dump(mode="json", include={"match"}), **narrative_definitions(target)} for target in targets
    ]
    text = json.dumps([READING_RULES, asked], sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _first_of_each(mentions: Sequence[Mention]) -> list[Mention]:
    """The first mention of each target."""
    first: dict[str, Mention] = {}
    for mention in mentions:
        first.setdefault(mention.target, mention)
    return list(first.values())
