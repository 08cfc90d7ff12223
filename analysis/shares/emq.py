"""EMQ (also SLD): shares corrected for a shift of prevalence by expectation maximisation.

Saerens, Latinne & Decaestecker (2002), "Adjusting the outputs of a classifier to new a priori
probabilities", Neural Computation 14. Each author has weight 1, shared by his posts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.shares.authors import Authors
from analysis.shares.bootstrap import Floats, Resampling
from analysis.shares.interval import StanceShare
from analysis.shares.probabilistic_count import insufficient, probabilistic_count
from storage.records import Among, Stance

_ITERATIONS = 10_000
_TOLERANCE = 1e-10
_FLOOR = 1e-9


@dataclass(frozen=True, slots=True)
class Prior:
    """Prevalence of (against, neutral, favor) in the data that the probabilities were calibrated on.

    `n`: how many labels it was counted on; None takes it as known exactly. All three positive, sum 1.
    """

    shares: tuple[float, float, float]
    n: int | None = None

    def __post_init__(self) -> None:
        if min(self.shares) <= 0 or abs(sum(self.shares) - 1) > 1e-3:
            raise ValueError(f"prior {self.shares}: three positive shares (against, neutral, favor) that sum to 1")
        if self.n is not None and self.n < 1:
            raise ValueError(f"prior counted on n={self.n} labels: at least 1")

    def covariance(self) -> Floats:
        """Multinomial covariance of the three shares, zero where they are known."""
        shares = np.array(self.shares)
        return (np.diag(shares) - np.outer(shares, shares)) / self.n if self.n else np.zeros((3, 3))


def emq(authors: Authors, prior: Prior, among: Among, resampling: Resampling) -> dict[Stance, StanceShare]:
    """Shares by stance after the prior shift has been taken out.

    Valid while only prevalence has changed since calibration (p(text | stance) has not): a change of
    wording makes it wrong without a sign. The interval resamples authors, through each author's
    influence on the solution, and adds the sampling error of the prior.
    """
    if authors.size < 2:
        return insufficient(among)
    shares = solve(authors, prior)
    influence, gain = _influence(authors, prior, shares)
    return probabilistic_count(shares + influence, among, resampling, gain @ prior.covariance() @ gain.T)


def solve(authors: Authors, prior: Prior) -> Floats:
    """The maximum-likelihood shares (against, neutral, favor) among all authors, by EM."""
    ratio = authors.posts / np.array(prior.shares)
    weight = 1 / (authors.counts[authors.author] * authors.size)
    shares = np.array(prior.shares)
    for _ in range(_ITERATIONS):
        joint = ratio * shares
        updated = np.fmax(weight @ (joint / joint.sum(axis=1, keepdims=True)), _FLOOR)
        updated /= updated.sum()
        if np.abs(updated - shares).max() < _TOLERANCE:
            return np.asarray(updated)
        shares = updated
    return shares


def _influence(authors: Authors, prior: Prior, shares: Floats) -> tuple[Floats, Floats]:
    """Influence of each author on the solution, (authors, 3), and its derivative by the prior, (3, 3).

    The solution is the root of mean_i(posterior_i(shares)) - shares; both follow from the implicit
    function theorem on the plane where shares sum to 1.
    """
    joint = authors.posts / np.array(prior.shares) * shares
    posterior = joint / joint.sum(axis=1, keepdims=True)
    by_author = np.column_stack([np.bincount(authors.author, weights=posterior[:, k]) for k in range(3)])
    score = by_author / authors.counts[:, None] - shares
    weight = 1 / (authors.counts[authors.author] * authors.size)
    spread = np.diag(weight @ posterior) - (posterior * weight[:, None]).T @ posterior
    plane = np.array([[1.0, 0.0], [-1.0, -1.0], [0.0, 1.0]])
    slope = (spread / shares - np.eye(3)) @ plane
    back = -plane @ np.linalg.pinv(slope[[0, 2]])
    return score[:, [0, 2]] @ back.T, back @ (-spread / np.array(prior.shares))[[0, 2]]
