"""Human labels beside the authors they were drawn from, each with what it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.shares.authors import Authors, Floats
from storage.records import STANCES


@dataclass(frozen=True)
class Audited:
    """Labelled posts of `authors`.

    `place`: the index of each labelled post. `labels`: one-hot, (labels, 3). `weights`: what each label
    stands for, scaled to sum to 1.
    """

    authors: Authors
    place: npt.NDArray[np.int64]
    labels: Floats
    weights: Floats

    @cached_property
    def author(self) -> npt.NDArray[np.int64]:
        """The index of each label's author."""
        return np.asarray(self.authors.author[self.place])

    @cached_property
    def predictions(self) -> Floats:
        """Probabilities of the labelled posts, (labels, 3)."""
        return np.asarray(self.authors.posts[self.place])

    @cached_property
    def n_clusters(self) -> int:
        """How many different authors were labelled."""
        return int(np.unique(self.author).size)

    @property
    def unlabelled(self) -> float:
        """The part of the authors that nobody labelled, in (0, 1]; a crumb where everybody is labelled."""
        return max(1 - self.n_clusters / self.authors.size, 1e-9)

    @cached_property
    def equal(self) -> bool:
        """Whether every author had the same chance, has the same weight, and was labelled once at most."""
        weights, parts = self.weights, self.authors.weights
        once = self.n_clusters == self.place.size
        return bool(once and np.ptp(weights) < 1e-9 * weights.max() and np.ptp(parts) < 1e-9 * parts.max())

    def by_author(self, values: Floats) -> Floats:
        """The weighted sum of each author's labels' values, (authors,)."""
        return np.bincount(self.author, weights=self.weights * values, minlength=self.authors.size).astype(np.float64)

    def spread(self, direction: Floats) -> float:
        """Variance of the difference between the mean prediction of as many random authors, one random post each,
        and that of all authors, from everybody's posts."""
        size = self.authors.size
        values = self.authors.posts @ direction
        parts = self.authors.post_parts
        means = self.authors.means @ direction
        centre = float(parts @ values)
        one_post = float(parts @ (values - centre) ** 2)
        author = float(np.mean((means - centre) ** 2))
        return (one_post / self.place.size - author / size) * size / max(size - 1, 1)


def audited(authors: Authors, labels: pl.DataFrame) -> Audited:
    """Bring checked labels (read_labels) beside the authors; a column `author_posts` is used where there is one."""
    places = pl.DataFrame({"post_id": authors.ids, "place": np.arange(len(authors.ids))})
    frame = labels.join(places, on="post_id", how="inner").sort("place")
    codes = np.array([STANCES.index(label) for label in frame["label"].to_list()], dtype=np.int64)
    chances = frame["inclusion_probability"].to_numpy()
    drawn_of = None
    if "author_posts" in frame.columns:
        drawn_of = frame["author_posts"].cast(pl.Float64, strict=False).to_numpy()
    return weigh(authors, frame["place"].to_numpy(), codes, chances, drawn_of)


def weigh(
    authors: Authors,
    place: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
    chances: Floats,
    drawn_of: Floats | None = None,
) -> Audited:
    """The audit of the posts at `place` with labels `codes` (indices of STANCES) and inclusion probabilities `chances`.

    An inclusion probability may be that of the post, or that of its author when one random post was
    then taken of him. With `drawn_of` (how many posts of the author it was taken from; the draw's window
    may be wider than the posts at hand) it is the author's. Without it, 1 / probability sums to the
    number of posts in the first case and of authors in the second; the nearer decides.
    """
    author = authors.author[place]
    counts = authors.counts[author]
    inverse = 1 / chances
    if drawn_of is not None:
        inverse = inverse * np.where(np.isfinite(drawn_of) & (drawn_of >= 1), drawn_of, counts) / counts
    elif not drawn_by_author(float(inverse.sum()), authors):
        inverse = inverse / counts
    weights = inverse * authors.weights[author]
    return Audited(authors, place, np.eye(3)[codes], weights / weights.sum())


def drawn_by_author(stand_for: float, authors: Authors) -> bool:
    """Whether labels that stand for so many units stand for authors rather than for posts."""
    return abs(log(stand_for / authors.size)) <= abs(log(stand_for / len(authors.ids)))
