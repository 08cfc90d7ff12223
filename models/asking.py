"""Questions about single texts: {id, text, target} rows in, stance rows out. What `pikir stance` does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import models.spacy_alone  # noqa: F401  before spaCy
from configs.settings import TargetSettings
from models.language import identify
from models.mentions import MentionFinder
from models.narratives import NarrativeReader
from models.passage import locate, passage
from models.stance import Query, StanceModel
from models.text import clean
from models.wording import target_words
from storage.records import STANCES


def answer(
    rows: Iterable[Mapping[str, Any]], targets: Sequence[TargetSettings], model: StanceModel
) -> list[dict[str, Any]]:
    """One result for each row, in order: id, target, stance, p_against, p_neutral, p_favor, narratives.

    `target` is a configured id or any name in words: a configured one is put to the model in its own
    description and language, another as it is given and without narratives. A row may say with `start` and `end`
    (character offsets into its text) which mention is meant; the first one is taken otherwise.
    """
    asked = list(rows)
    known = {target.id: target for target in targets}
    texts = [clean(row["text"]) for row in asked]
    languages = identify(texts)
    spans = [
        _given(row, text) or found
        for row, text, found in zip(
            asked, texts, _spans(texts, [row["target"] for row in asked], languages, targets), strict=True
        )
    ]
    queries = []
    for row, text, language, span in zip(asked, texts, languages, spans, strict=True):
        target = known.get(row["target"])
        queries.append(
            Query(
                target=target_words(target, language) if target else row["target"].strip() or "?",
                text=passage(text, span, model.max_words),
                target_id=target.id if target else "",
                language=language,
            )
        )
    probabilities, encodings = model.read(queries)
    stances = [STANCES[int(p.argmax())] for p in probabilities]
    narratives = NarrativeReader(targets, model).name([query.target_id for query in queries], stances, encodings)
    results = []
    for row, p, stance, why in zip(asked, probabilities, stances, narratives, strict=True):
        against, neutral, favor = (float(value) for value in p)
        results.append(
            {
                "id": row["id"],
                "target": row["target"],
                "stance": stance,
                "p_against": against,
                "p_neutral": neutral,
                "p_favor": favor,
                "narratives": list(why),
            }
        )
    return results


def _given(row: Mapping[str, Any], text: str) -> tuple[int, int] | None:
    """The row's own mention, where it has one that lies in the text as it is read (cleaning can move offsets)."""
    start, end = row.get("start"), row.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(row["text"]):
        return None
    if text == row["text"]:
        return start, end
    at = text.find(row["text"][start:end])
    return (at, at + end - start) if at >= 0 else None


def _spans(
    texts: list[str], names: list[str], languages: list[str], targets: Sequence[TargetSettings]
) -> list[tuple[int, int] | None]:
    """Where each row's text names its target: by the lexicon of a configured one, by its words otherwise."""
    known = {target.id for target in targets}
    finder = MentionFinder(targets)
    configured = [i for i, name in enumerate(names) if name in known]
    found = finder.find([texts[i] for i in configured], [languages[i] for i in configured])
    spans: list[tuple[int, int] | None] = [None] * len(texts)
    for i, mentions in zip(configured, found, strict=True):
        spans[i] = next(((m.start, m.end) for m in mentions if m.target == names[i]), None)
    for i, name in enumerate(names):
        if name not in known:
            spans[i] = locate(texts[i], name)
    return spans
