"""The posts that stand for a set of posts: nearest to the middle of their TF-IDF vectors, and unlike one another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import numpy as np
from scipy import sparse

from analysis.copies import SIMILARITY

_LEAST_WORDS = 3


def typical(posts: Sequence[Sequence[str]], background: Sequence[Sequence[str]] = (), most: int = 3) -> list[int]:
    """The places of up to `most` posts, the most typical first.

    Each post is the sequence of its words; `background` are posts of other days, which say how common a word is in
    general. A post's vector is TF-IDF (Salton & Buckley 1988) of length 1; typical is what has the largest cosine to
    the mean vector, and a post whose cosine to one already chosen is 0.6 or more is passed over as the same again. A
    post of fewer than three distinct words is never chosen. Deterministic; of equal posts the first.
    """
    documents = [set(words) for words in (*posts, *background)]
    frequency = Counter(chain.from_iterable(documents))
    columns = {word: i for i, word in enumerate(sorted(frequency))}
    if not posts or not columns:
        return []
    idf = np.array([np.log(len(documents) / frequency[word]) + 1 for word in sorted(frequency)])
    vectors = _unit_rows(posts, columns, idf)
    middle = np.asarray(vectors.mean(axis=0)).ravel()
    nearness = vectors @ middle
    chosen: list[int] = []
    for place in np.argsort(-np.round(nearness, 9), kind="stable"):
        if len(chosen) == most:
            break
        if len(documents[place]) < _LEAST_WORDS:
            continue
        row = vectors[int(place)]
        if all((row @ vectors[other].T).toarray()[0, 0] < SIMILARITY for other in chosen):
            chosen.append(int(place))
    return chosen


def _unit_rows(posts: Sequence[Sequence[str]], columns: dict[str, int], idf: np.ndarray) -> sparse.csr_matrix:
    counts = [Counter(words) for words in posts]
    rows = [row for row, found in enumerate(counts) for _ in found]
    cols = [columns[word] for found in counts for word in found]
    values = np.array([1 + np.log(n) for found in counts for n in found.values()]) * idf[cols]
    matrix = sparse.csr_matrix((values, (rows, cols)), shape=(len(posts), len(columns)))
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.diags(1 / np.fmax(lengths, 1e-12)) @ matrix
