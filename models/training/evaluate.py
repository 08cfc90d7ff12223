"""Figures of a stance model on labelled rows: macro-F1 with a bootstrap interval, calibration error, baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.calibration import expected_calibration_error
from models.training.data import Example

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Figure:
    """One set's figures. F1 and error lie in [0, 1]; `low` and `high` are the bootstrap 95% interval of F1."""

    name: str
    rows: int
    f1: float
    low: float
    high: float
    calibration_error: float
    majority: float
    accuracy: float


def macro_f1(truth: Labels, guess: Labels, classes: Sequence[int]) -> float:
    """Mean of the classes' F1; a class that neither occurs nor is guessed counts as 0."""
    scores = []
    for c in classes:
        hit = float(((truth == c) & (guess == c)).sum())
        named = float((truth == c).sum() + (guess == c).sum())
        scores.append(2 * hit / named if named else 0.0)
    return float(np.mean(scores))


def figure(name: str, truth: Labels, p: NDArray[np.float64], classes: Sequence[int], draws: int = 500) -> Figure:
    """The figures of one set; the interval resamples its rows."""
    guess = p.argmax(axis=1).astype(np.int64)
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(truth), size=(draws, len(truth)))
    scores = [macro_f1(truth[i], guess[i], classes) for i in picks]
    low, high = np.quantile(scores, [0.025, 0.975])
    common = int(np.bincount(truth, minlength=3).argmax())
    return Figure(
        name=name,
        rows=len(truth),
        f1=macro_f1(truth, guess, classes),
        low=float(low),
        high=float(high),
        calibration_error=expected_calibration_error(p, truth),
        majority=macro_f1(truth, np.full_like(truth, common), classes),
        accuracy=float((guess == truth).mean()),
    )


def tfidf_baseline(train: list[Example], dev: list[Example], classes: Sequence[int]) -> float:
    """Macro-F1 of logistic regression over TF-IDF of words (1-2) and characters (2-5), trained on the same set."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union

    vectoriser: Any = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True, max_features=150_000),
    )
    features = vectoriser.fit_transform([_with_target(row) for row in train])
    model = LogisticRegression(C=3.0, class_weight="balanced", max_iter=300)
    model.fit(features, [row.label for row in train])
    guess = model.predict(vectoriser.transform([_with_target(row) for row in dev]))
    return macro_f1(np.array([row.label for row in dev]), np.array(guess), classes)


def _with_target(row: Example) -> str:
    return f"{row.text.lower()} @@{row.target.lower().replace(' ', '_')}"
