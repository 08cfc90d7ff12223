"""PPI++ by author: human labels correct the classifier, the classifier steadies the labels.

Angelopoulos, Duchi & Zrnic (2023), arXiv 2311.01453, with unequal inclusion probabilities (Hájek
1971) and variance by author. docs/methods/shares.md derives the variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit, logit
from scipy.stats import t as student

from analysis.shares.authors import Authors
from analysis.shares.bootstrap import Floats, Resampling
from analysis.shares.interval import StanceShare, score_interval
from analysis.shares.probabilistic_count import insufficient
from storage.records import STANCES, Among, Stance


@dataclass(frozen=True, slots=True)
class Audited:
    """Labelled posts beside all authors.

    `labels` and `predictions`: (labels, 3), one-hot and probabilities; `author`: index of each label's
    author; `weights`: what each label stands for, scaled to sum to 1; `means`: (authors, 3).
    """

    labels: Floats
    predictions: Floats
    author: npt.NDArray[np.int64]
    weights: Floats
    means: Floats

    @property
    def n_clusters(self) -> int:
        """How many different authors were labelled."""
        return int(np.unique(self.author).size)


def audited(authors: Authors, labels: pl.DataFrame) -> Audited:
    """Bring checked labels (read_labels) beside the authors.

    An inclusion probability may be that of the post, or that of its author when one random post was
    then taken of him. 1 / probability sums to the number of posts in the first case and of authors in
    the second; the nearer of the two decides.
    """
    places = pl.DataFrame({"post_id": authors.ids, "place": np.arange(len(authors.ids))})
    frame = labels.join(places, on="post_id", how="inner").sort("place")
    place = frame["place"].to_numpy()
    author = authors.author[place]
    inverse = 1 / frame["inclusion_probability"].to_numpy()
    if not drawn_by_author(float(inverse.sum()), authors):
        inverse = inverse / authors.counts[author]
    codes = np.array([STANCES.index(label) for label in frame["label"].to_list()], dtype=np.int64)
    return Audited(np.eye(3)[codes], authors.posts[place], author, inverse / inverse.sum(), authors.means)


def drawn_by_author(stand_for: float, authors: Authors) -> bool:
    """Whether labels that stand for so many units stand for authors rather than for posts."""
    return abs(log(stand_for / authors.size)) <= abs(log(stand_for / len(authors.ids)))


def ppi(audit: Audited, among: Among, resampling: Resampling) -> dict[Stance, StanceShare]:
    """Shares by stance, corrected by the labels; valid under any shift of prevalence or wording.

    It needs labels drawn with known probabilities from the authors at hand; with fewer than about
    50 labelled authors, or a stance seen fewer than five times, the interval is only approximate.
    """
    if audit.n_clusters < 2:
        return insufficient(among)
    if among == "all":
        ones = np.ones(3)
        return {stance: _ratio(audit, np.eye(3)[k], ones, resampling) for k, stance in enumerate(STANCES)}
    opinion = np.array([1.0, 0.0, 1.0])
    if not (audit.labels @ opinion).any():
        return insufficient(among)
    against = _ratio(audit, np.array([1.0, 0.0, 0.0]), opinion, resampling)
    favor = _ratio(audit, np.array([0.0, 0.0, 1.0]), opinion, resampling)
    return {"against": against, "favor": favor}


def _ratio(audit: Audited, top: Floats, base: Floats, resampling: Resampling) -> StanceShare:
    """The share (top · mean) / (base · mean) with its interval."""
    share, power = float((audit.weights @ audit.labels @ top) / (audit.weights @ audit.labels @ base)), 1.0
    # The tuned power depends on the share only through the residuals: two rounds settle it.
    for _ in range(3):
        direction = top - share * base
        power = _power(audit, direction)
        mean = power * audit.means.mean(axis=0) + audit.weights @ (audit.labels - power * audit.predictions)
        scale = float(mean @ base)
        if scale <= 0:
            return StanceShare.insufficient()
        share = float(np.clip((mean @ top) / scale, 0.0, 1.0))
    error = float(np.sqrt(_variance(audit, top - share * base, power))) / scale
    return _interval(share, error, audit.n_clusters, resampling.confidence)


def _parts(audit: Audited, direction: Floats) -> tuple[Floats, Floats, Floats]:
    """Centred residuals of labels, of their predictions, and of all authors' mean predictions."""
    label, prediction = audit.labels @ direction, audit.predictions @ direction
    means = audit.means @ direction
    return label - audit.weights @ label, prediction - audit.weights @ prediction, means - means.mean()


def _by_author(audit: Audited, values: Floats) -> Floats:
    return np.bincount(audit.author, weights=audit.weights * values).astype(np.float64)


def _power(audit: Audited, direction: Floats) -> float:
    """The power (lambda) in [0, 1 / unlabelled part] that minimises the variance below."""
    label, prediction, means = _parts(audit, direction)
    size = audit.means.shape[0]
    own = audit.weights * means[audit.author] / size
    in_label, in_prediction = _by_author(audit, label), _by_author(audit, prediction)
    gain = float(in_label @ in_prediction - own @ label)
    cost = float(in_prediction @ in_prediction - 2 * own @ prediction + (means @ means) / size**2)
    if cost <= 1e-12 * max(float(in_label @ in_label), 1e-300):
        return 0.0
    unlabelled = max(1 - audit.n_clusters / size, 1e-9)
    return float(min(max(gain / cost, 0.0), 1 / unlabelled))


def _variance(audit: Audited, direction: Floats, power: float) -> float:
    """Variance of the labels' correction, of the authors' mean prediction, and twice their covariance."""
    label, prediction, means = _parts(audit, direction)
    size, clusters = audit.means.shape[0], audit.n_clusters
    rest = label - power * prediction
    correction = float((_by_author(audit, rest) ** 2).sum()) * clusters / (clusters - 1)
    shared = float((audit.weights * means[audit.author]) @ rest) / size
    return float(max(correction + power**2 * float(means @ means) / size**2 + 2 * power * shared, 0.0))


def _interval(share: float, error: float, clusters: int, confidence: float) -> StanceShare:
    """Student's interval on the logit scale; Wilson's where the share or its error is at an end."""
    tail = (1 - confidence) / 2
    quantile = float(student.isf(tail, clusters - 1))
    spread = share * (1 - share)
    if spread <= 0 or error**2 * clusters < 1e-9 * spread:
        return StanceShare(share, *score_interval(share, clusters, quantile), error)
    if error / spread > 0.5:
        return StanceShare(share, *score_interval(share, spread / error**2, quantile), error)
    half = quantile * error / spread
    return StanceShare(share, float(expit(logit(share) - half)), float(expit(logit(share) + half)), error)
