"""Classify and count: the documented baseline that every better estimator is compared with (Forman 2008)."""

from __future__ import annotations

import numpy as np

from analysis.shares.authors import Authors, mean_by_author
from analysis.shares.bootstrap import Floats, Resampling
from analysis.shares.interval import StanceShare
from analysis.shares.probabilistic_count import probabilistic_count
from storage.records import Among, Stance


def classify_and_count(authors: Authors, among: Among, resampling: Resampling) -> dict[Stance, StanceShare]:
    """Shares by stance when every post counts as its most probable stance; an author still counts once.

    Biased by the classifier's errors: it pulls every share toward that of the training data, and its
    interval does not contain this bias.
    """
    return probabilistic_count(hard_means(authors), among, resampling, authors.weights)


def hard_means(authors: Authors) -> Floats:
    """Each author's fractions of posts by most probable stance, shape (authors, 3)."""
    hard = np.eye(3)[authors.posts.argmax(axis=1)]
    return mean_by_author(hard, authors.author, authors.counts)
