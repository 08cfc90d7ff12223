"""Near-duplicates among posts: groups of texts that share most of their three-word runs (Broder 1997, shingles)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

SHINGLE = 3
SIMILARITY = 0.6


def copy_groups(posts: Sequence[Sequence[str]], similarity: float = SIMILARITY) -> list[int]:
    """For each post the number of its group; posts that share a number are near-duplicates of one another, or linked.

    Each post is the sequence of its words. Two are near-duplicates where the Jaccard similarity of their sets of
    three-word runs (of a shorter post: the whole of it) is at least `similarity`, in (0, 1]; ValueError otherwise.
    Groups are joined through common members. A post without words is alone. Numbers run from 0 in the order of each
    group's first post. Memory grows with the square of the posts that share a run: give a few thousand at most.
    """
    if not 0 < similarity <= 1:
        raise ValueError(f"similarity={similarity}: above 0 and at most 1")
    matrix = _incidence([_shingles(words) for words in posts])
    shared = (matrix @ matrix.T).tocoo()
    sizes = np.asarray(matrix.sum(axis=1)).ravel()
    union = sizes[shared.row] + sizes[shared.col] - shared.data
    alike = shared.data >= similarity * union - 1e-9
    links = sparse.coo_matrix(
        (np.ones(int(alike.sum())), (shared.row[alike], shared.col[alike])), shape=(len(posts), len(posts))
    )
    _, labels = connected_components(links, directed=False)
    first: dict[int, int] = {}
    return [first.setdefault(int(label), len(first)) for label in labels]


def _shingles(words: Sequence[str]) -> set[tuple[str, ...]]:
    if len(words) < SHINGLE:
        return {tuple(words)} if words else set()
    return {tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)}


def _incidence(sets: Sequence[set[tuple[str, ...]]]) -> sparse.csr_matrix:
    """One row a post, one column a shingle, 1 where the post has it."""
    columns: dict[tuple[str, ...], int] = {}
    where = [(row, columns.setdefault(one, len(columns))) for row, found in enumerate(sets) for one in sorted(found)]
    rows, cols = zip(*where, strict=True) if where else ((), ())
    return sparse.csr_matrix((np.ones(len(where)), (rows, cols)), shape=(len(sets), max(len(columns), 1)))
