"""EMQ (also SLD): shares corrected for a shift of prevalence, by maximum likelihood.

Saerens, Latinne & Decaestecker (2002), "Adjusting the outputs of a classifier to new a priori
probabilities", Neural Computation 14. Each author has his weight, shared by his posts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.shares.authors import Authors, Floats, mean_by_author
from analysis.shares.bootstrap import Other, Resampling, solved_shares
from analysis.shares.calibration_sample import Likelihood
from analysis.shares.interval import StanceShare
from analysis.shares.probabilistic_count import MIN_OPINIONATED, insufficient
from storage.records import STANCES, Among, Stance

_ITERATIONS = 500
_TOLERANCE = 1e-10
_FLOOR = 1e-9
_PLANE = np.array([[1.0, 0.0], [-1.0, -1.0], [0.0, 1.0]])


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

    def likelihood(self) -> Likelihood:
        """The likelihoods of probabilities that are calibrated under this prior as they stand."""
        shares = np.array(self.shares)
        influence = np.zeros((0, 4))
        if self.n:
            labels = np.repeat(np.eye(3), np.maximum(np.rint(self.n * shares).astype(int), 1), axis=0)
            moved = -(labels - labels.mean(axis=0)) / (shares * labels.shape[0])
            influence = np.column_stack([np.zeros(len(moved)), moved])
        return Likelihood(1.0, -np.log(shares), influence)


@dataclass(frozen=True, slots=True)
class Shifted:
    """EMQ's solution: `shares` (3,) among all, each author's `influence` on it (authors, 3), and `gain` (3, 4), its
    derivative by the likelihood's scale and offsets."""

    shares: Floats
    influence: Floats
    gain: Floats


def emq(
    authors: Authors, likelihood: Likelihood, among: Among, resampling: Resampling, found: Shifted | None = None
) -> dict[Stance, StanceShare]:
    """Shares by stance after the prior shift has been taken out.

    Valid while only prevalence has changed since calibration (p(text | stance) has not): a change of
    wording makes it wrong without a sign. The bootstrap resamples the authors and the calibration
    labels, both through what each moves the solution by. `found`: the solution, where it is known already.
    """
    if authors.size < 2:
        return insufficient(among)
    found = found or shifted(authors, likelihood)
    drawn = likelihood.resampled(resampling)
    stances: tuple[Stance, ...] = STANCES if among == "all" else ("against", "favor")
    opinion = float(found.shares[0] + found.shares[2])
    if among == "opinionated" and opinion * authors.size < MIN_OPINIONATED:
        return insufficient(among)
    # What is asked for, as a function of the three shares: itself, or the part of those who take a side.
    shares, slope = found.shares, np.eye(3)
    if among == "opinionated":
        shares = found.shares[[0, 2]] / opinion
        slope = (np.eye(3)[[0, 2]] - shares[:, None] * np.array([1.0, 0.0, 1.0])) / opinion
    influence = authors.parts[:, None] * found.influence @ slope.T
    other = None if drawn is None else Other(drawn, slope @ found.gain)
    return dict(zip(stances, solved_shares(shares, influence, resampling, other), strict=True))


def shifted(authors: Authors, likelihood: Likelihood) -> Shifted:
    """The maximum-likelihood shares with what moves them, by the implicit function theorem on the simplex."""
    told = likelihood.of(authors.posts)
    shares = solve(told, authors.post_parts)
    joint = told * shares
    posterior = joint / joint.sum(axis=1, keepdims=True)
    score = mean_by_author(posterior, authors.author, authors.counts) - shares
    by_shares, by_likelihood = posterior_slopes(posterior, told, authors.post_parts, shares, likelihood)
    slope = (by_shares - np.eye(3)) @ _PLANE
    back = -_PLANE @ np.linalg.pinv(slope[[0, 2]])
    return Shifted(shares, score[:, [0, 2]] @ back.T, back @ by_likelihood[[0, 2]])


def posterior_slopes(
    posterior: Floats, told: Floats, parts: Floats, shares: Floats, likelihood: Likelihood
) -> tuple[Floats, Floats]:
    """Derivatives of the mean posterior: by the shares, (3, 3), and by the likelihood's scale and offsets, (3, 4).

    `told`: the likelihoods of the posts, `parts` their weights in the mean.
    """
    weighted = posterior * parts[:, None]
    spread = np.diag(weighted.sum(axis=0)) - weighted.T @ posterior
    # `told` is scaled by post, which a posterior does not see: only differences between stances enter.
    logs = (np.log(np.maximum(told, 1e-300)) - likelihood.offset) / (likelihood.scale or 1.0)
    by_scale = (weighted * (logs - (posterior * logs).sum(axis=1, keepdims=True))).sum(axis=0)
    return spread / shares, np.column_stack([by_scale, spread])


def solve(likelihoods: Floats, parts: Floats) -> Floats:
    """The shares (3,) that maximise sum(parts * log(likelihoods @ shares)), each at least 1e-9.

    Newton's method with steps that stay inside the simplex; EM where a step does not help. The optimum is
    unique where the likelihoods of the stances differ.
    """
    shares = np.full(3, 1 / 3)
    free = np.ones(3, dtype=bool)
    for _ in range(_ITERATIONS):
        ratio = likelihoods / (likelihoods @ shares)[:, None]
        gradient = parts @ ratio
        free &= ~((shares <= 2 * _FLOOR) & (gradient < 1))
        updated = _newton(ratio, parts, gradient, shares, free)
        if updated is None or parts @ np.log(likelihoods @ updated) < parts @ np.log(likelihoods @ shares) - 1e-14:
            updated = np.maximum(shares * gradient, _FLOOR)
            updated /= updated.sum()
        moved = float(np.abs(updated - shares).max())
        shares = updated
        if moved < _TOLERANCE:
            break
    return shares


def _newton(ratio: Floats, parts: Floats, gradient: Floats, shares: Floats, free: Floats) -> Floats | None:
    """A Newton step in the plane of the free stances, cut short of leaving the simplex; None where it has no answer."""
    chosen = np.flatnonzero(free)
    if chosen.size < 2:
        return None
    hessian = (ratio[:, chosen] * parts[:, None]).T @ ratio[:, chosen]
    # Equations of the step under the constraint that it sums to zero.
    system = np.block([[hessian, np.ones((chosen.size, 1))], [np.ones((1, chosen.size)), np.zeros((1, 1))]])
    try:
        step = np.linalg.solve(system, np.r_[gradient[chosen], 0.0])[:-1]
    except np.linalg.LinAlgError:
        return None
    down = step < 0
    reach = float((shares[chosen][down] / -step[down]).min(initial=np.inf))
    updated = shares.copy()
    updated[chosen] += step * min(1.0, 0.99 * reach)
    updated = np.maximum(updated, _FLOOR)
    return np.asarray(updated / updated.sum())
