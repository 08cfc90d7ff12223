"""Makes the narrative head of a finished adapter, whole: encode the corpus, fit, write, measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.recipes import RecipeSettings
from configs.settings import TargetSettings
from models.narrative_head import Matrix, save_head
from models.stance import StanceModel
from models.training.data import CORPUS_FOLDER, DataError
from models.training.narrative_data import NarrativeExample, NarrativeSplit, load_narratives
from models.training.narrative_figures import (
    Judged,
    NarrativeFigure,
    figure,
    judge,
    judged,
    majority,
    read_stances,
    tfidf,
)
from models.training.narratives import cosines, encode, f1, fit_head, read_columns

LANGUAGES = ("ru", "kk", "mixed")
_FEWEST = 50


@dataclass(frozen=True)
class HeldBack:
    """One narrative read by a head that was fitted without it, beside the head that was fitted on it; F1 in [0, 1]."""

    narrative: str
    rows: int
    unseen: float
    trained: float


def make_narratives(
    destination: Path,
    recipe: RecipeSettings,
    targets: Sequence[TargetSettings],
    corpus: Path = CORPUS_FOLDER,
    report: Callable[[str], None] = lambda line: None,
    news: Path | None = None,
) -> list[NarrativeFigure]:
    """Fits the head on the network in `destination`, writes it there, and returns its figures on what was held out.

    `news`: as in `load_narratives`. DataError where the corpus has fewer than 50 labelled posts to train on.
    """
    split = load_narratives({one.id: one for one in targets}, recipe.max_words, recipe.corpus_holdout, corpus, news)
    if len(split.train) < _FEWEST:
        raise DataError(f"{corpus} has {len(split.train)} posts with narratives to train on, {_FEWEST} are needed")
    model = StanceModel(str(destination), recipe.encoder)
    columns = read_columns(targets, model)
    report(f"encoding {len(split.train):,} posts")
    rows = encode(split.train, columns, model)
    report(f"fitting {len(columns)} narratives")
    about = {
        "posts": len(split.train),
        "labels": int(rows.voiced.sum()),
        "stance_weights": model.adapter.weights_digest,
    }
    save_head(destination, fit_head(rows, columns), about)
    return list(measure(destination, recipe, targets, split))


def measure(
    destination: Path, recipe: RecipeSettings, targets: Sequence[TargetSettings], split: NarrativeSplit
) -> Iterator[NarrativeFigure]:
    """Figures of the adapter's head on the rows of its own hands that were held out, and on the other hand's."""
    model = StanceModel(str(destination), recipe.encoder)
    for name, rows in (("dev", split.dev), ("second hand", split.second), ("real news", split.news)):
        if rows:
            yield from figures(name, judge(rows, targets, model))
            yield figure(f"{name}, stance as labelled", judge(rows, targets, model, stances="labelled"))


def figures(name: str, found: Judged) -> Iterator[NarrativeFigure]:
    """Of all rows, of each target and of each language; a part without rows is left out."""
    yield figure(name, found)
    for target in sorted({row.target_id for row in found.rows}):
        yield figure(f"{name}, {target}", found.of(partial(_is_of, "target_id", target)))
    for language in LANGUAGES:
        part = found.of(partial(_is_of, "language", language))
        if part.rows:
            yield figure(f"{name}, {language}", part)


def _is_of(field: str, value: str, row: NarrativeExample) -> bool:
    return bool(getattr(row, field) == value)


def baselines(
    destination: Path, recipe: RecipeSettings, targets: Sequence[TargetSettings], split: NarrativeSplit
) -> Iterator[NarrativeFigure]:
    """The same figures of the commonest narrative and of TF-IDF, both given the stance that our model reads."""
    model = StanceModel(str(destination), recipe.encoder)
    columns = read_columns(targets, model)
    labels = encode(split.train, columns, None)
    for name, rows in (("dev", split.dev), ("second hand", split.second)):
        if not rows:
            continue
        stances = read_stances(rows, model)
        common = majority(split.train, stances, rows)
        words = tfidf(labels, [row.text for row in split.train], columns, stances, rows)
        for baseline, named in (("majority", common), ("TF-IDF", words)):
            yield from figures(f"{name}, {baseline}", judged(rows, targets, named))


def held_back(
    destination: Path, recipe: RecipeSettings, targets: Sequence[TargetSettings], split: NarrativeSplit
) -> Iterator[HeldBack]:
    """Each narrative read by a head that was fitted without it (in no target), and by one that was fitted on all.

    F1 over the held-out rows of both hands whose labelled stance goes with the narrative: what an analyst may expect of
    a narrative that was written into the YAML and never trained on.
    """
    model = StanceModel(str(destination), recipe.encoder)
    columns = read_columns(targets, model)
    train, dev = encode(split.train, columns, model), encode([*split.dev, *split.second], columns, model)
    whole = fit_head(train, columns)
    for name in dict.fromkeys(column.name for column in columns):
        others = [column for column in columns if column.name != name]
        without = fit_head(train.of_columns(np.array([column.name != name for column in columns])), others)
        truth: list[Matrix] = []
        unseen: list[NDArray[np.bool_]] = []
        trained: list[NDArray[np.bool_]] = []
        for number, column in enumerate(columns):
            if column.name != name:
                continue
            here = dev.fits[:, number] > 0
            truth.append(dev.voiced[here, number])
            for head, guess in ((without, unseen), (whole, trained)):
                limit = head.threshold(column.target, name)
                guess.append(cosines(head, dev.encodings[here], [column])[:, 0] >= limit)
        labels = np.concatenate(truth)
        yield HeldBack(name, int(labels.sum()), f1(labels, np.concatenate(unseen)), f1(labels, np.concatenate(trained)))
