"""Figures of narratives on labelled posts: micro- and macro-F1 with bootstrap intervals, beside two baselines.

A post's truth is the labelled narratives that go with its labelled stance; what is judged is what the monitor stores:
the narratives named for the stance that the model itself read. A wrong stance therefore costs narratives too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.settings import TargetSettings
from models.narrative_head import Matrix
from models.narratives import NarrativeReader
from models.stance import StanceModel
from models.training.narrative_data import NarrativeExample
from models.training.narratives import FOLDS, Column, Encoded, choose_thresholds, f1
from storage.records import STANCES, Stance

LEAST = 5
_Score = Callable[[Matrix, Matrix], float]


@dataclass(frozen=True)
class NarrativeFigure:
    """F1 in [0, 1] with its bootstrap 95% interval (over posts); `macro` is over narratives with 5 posts or more."""

    name: str
    rows: int
    labels: int
    narratives: int
    micro: float
    micro_low: float
    micro_high: float
    macro: float
    macro_low: float
    macro_high: float


@dataclass(frozen=True)
class Judged:
    """Labelled rows with what was named: rows x columns of 0 and 1, and the columns' keys ("target/narrative")."""

    rows: list[NarrativeExample]
    keys: list[str]
    truth: Matrix
    guess: Matrix

    def of(self, chosen: Callable[[NarrativeExample], bool]) -> Judged:
        """Those rows alone."""
        at = [i for i, row in enumerate(self.rows) if chosen(row)]
        return Judged([self.rows[i] for i in at], self.keys, self.truth[at], self.guess[at])


def judge(
    rows: Sequence[NarrativeExample], targets: Sequence[TargetSettings], model: StanceModel, stances: str = "read"
) -> Judged:
    """What the model names for these rows; `stances`: "read" by the model itself, or as "labelled"."""
    p, encodings = model.read([row.query for row in rows])
    read: list[Stance] = [
        row.stance if stances == "labelled" else STANCES[int(one.argmax())] for row, one in zip(rows, p, strict=True)
    ]
    named = NarrativeReader(targets, model).name([row.target_id for row in rows], read, encodings)
    return judged(rows, targets, named)


def read_stances(rows: Sequence[NarrativeExample], model: StanceModel) -> list[Stance]:
    """The most probable stance of each row."""
    return [STANCES[int(p.argmax())] for p in model.predict([row.query for row in rows])]


def judged(
    rows: Sequence[NarrativeExample], targets: Sequence[TargetSettings], named: Sequence[Sequence[str]]
) -> Judged:
    """Rows with the narratives that something named for them."""
    forms = [(target.id, one) for target in targets for one in target.narratives]
    truth = [
        [
            target == row.target_id and one.name in row.narratives and one.stance in ("any", row.stance)
            for target, one in forms
        ]
        for row in rows
    ]
    guess = [
        [target == row.target_id and one.name in names for target, one in forms]
        for row, names in zip(rows, named, strict=True)
    ]
    keys = [f"{target}/{one.name}" for target, one in forms]
    return Judged(list(rows), keys, np.array(truth, dtype=np.float32), np.array(guess, dtype=np.float32))


def micro_f1(truth: Matrix, guess: Matrix) -> float:
    """F1 over all (row, narrative) pairs."""
    return f1(truth, guess)


def figure(name: str, found: Judged, draws: int = 500) -> NarrativeFigure:
    """Both F1 of these rows; the columns of the macro mean are those of the whole set in every draw."""
    common = np.flatnonzero(found.truth.sum(axis=0) >= LEAST)

    def macro(truth: Matrix, guess: Matrix) -> float:
        return float(np.mean([f1(truth[:, c], guess[:, c]) for c in common])) if len(common) else float("nan")

    return NarrativeFigure(
        name,
        len(found.rows),
        int(found.truth.sum()),
        len(common),
        *_with_interval(micro_f1, found, draws),
        *_with_interval(macro, found, draws),
    )


def _with_interval(score: _Score, found: Judged, draws: int) -> tuple[float, float, float]:
    rng = np.random.default_rng(0)
    n = len(found.rows)
    scores = [score(found.truth[i], found.guess[i]) for i in rng.integers(0, n, size=(draws, n))]
    low, high = np.quantile(scores, [0.025, 0.975])
    return score(found.truth, found.guess), float(low), float(high)


def majority(
    train: Sequence[NarrativeExample], stances: Sequence[Stance], rows: Sequence[NarrativeExample]
) -> list[list[str]]:
    """For every row the commonest narrative that training has for its target and the stance read."""
    counts: dict[tuple[str, Stance], Counter[str]] = {}
    for one in train:
        counts.setdefault((one.target_id, one.stance), Counter()).update(sorted(one.narratives))
    return [
        [name for name, _ in counts.get((row.target_id, stance), Counter()).most_common(1)]
        for row, stance in zip(rows, stances, strict=True)
    ]


def tfidf(
    train: Encoded,
    texts: Sequence[str],
    columns: Sequence[Column],
    stances: Sequence[Stance],
    rows: Sequence[NarrativeExample],
) -> list[list[str]]:
    """What logistic regressions over TF-IDF of words (1-2) and characters (2-5) name, one for each narrative.

    They are given the stance that our model read, and thresholds chosen as ours are. `texts` are those of `train`.
    """
    everything = np.arange(len(texts))
    fold = np.random.default_rng(0).permutation(len(texts)) % FOLDS
    left_out = np.zeros_like(train.voiced)
    for number in range(FOLDS):
        here, there = everything[fold == number], everything[fold != number]
        left_out[here] = _regressions(train, texts, there, [texts[i] for i in here])
    limits = choose_thresholds(left_out, train, columns)
    scores = _regressions(train, texts, everything, [row.text for row in rows])
    return [
        [
            column.name
            for column, value in zip(columns, score, strict=True)
            if column.target == row.target_id and column.stance in ("any", stance) and value >= limits[column.key]
        ]
        for row, stance, score in zip(rows, stances, scores, strict=True)
    ]


def _regressions(train: Encoded, texts: Sequence[str], chosen: NDArray[np.int64], asked: Sequence[str]) -> Matrix:
    """Probabilities (asked x columns) from the chosen rows; a narrative that none of them voices gets 0."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union

    vectoriser: Any = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True, max_features=60_000),
    )
    features = vectoriser.fit_transform([texts[i].lower() for i in chosen])
    wanted = vectoriser.transform([text.lower() for text in asked])
    scores = np.zeros((len(asked), train.voiced.shape[1]), dtype=np.float32)
    for number in range(scores.shape[1]):
        inside = np.flatnonzero(train.asked[chosen, number] > 0)
        truth = train.voiced[chosen][inside, number]
        if 0 < truth.sum() < len(truth):
            model = LogisticRegression(C=3.0, class_weight="balanced", max_iter=200).fit(features[inside], truth)
            scores[:, number] = model.predict_proba(wanted)[:, 1]
    return scores
