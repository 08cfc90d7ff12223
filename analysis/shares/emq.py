"""EMQ (also SLD): shares corrected for a shift of prevalence, by maximum likelihood.

Saerens, Latinne & Decaestecker (2002), "Adjusting the outputs of a classifier to new a priori
probabilities", Neural Computation 14. Each author has his weight, shared by his posts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.shares.authors import Authors, Floats
from analysis.shares.bootstrap import Other, Resampling, solved_shares
from analysis.shares.calibration_sample import Likelihood
from analysis.shares.emq_interval import added_interval
from analysis.shares.emq_solution import moved, solve
from analysis.shares.interval import StanceShare
from analysis.shares.probabilistic_count import MIN_OPINIONATED, insufficient
from storage.records import STANCES, Among, Stance

# Standard error on the logit scale above which Student's interval is left for that with added authors.
_LITTLE_KNOWN = 0.2


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
    told = solved_shares(shares, influence, resampling, other)
    return {
        stance: _refined(one, authors, likelihood, found.shares, among, stance, resampling)
        for stance, one in zip(stances, told, strict=True)
    }


def _refined(
    told: StanceShare,
    authors: Authors,
    likelihood: Likelihood,
    shares: Floats,
    among: Among,
    stance: Stance,
    resampling: Resampling,
) -> StanceShare:
    """The same share, with another interval where its error is large beside its distance from 0 and 1."""
    share, error = float(told.share or 0.0), float(told.standard_error or 0.0)
    if 1e-6 < share < 1 - 1e-6 and error < _LITTLE_KNOWN * share * (1 - share):
        return told
    if not 1e-6 < share < 1 - 1e-6:
        # The solution is kept from the ends by 1e-9: nobody, or everybody, takes this stance.
        share = float(round(share))
    k = STANCES.index(stance)
    return StanceShare(share, *added_interval(authors, likelihood, shares, among, k, resampling.confidence), error)


def shifted(authors: Authors, likelihood: Likelihood) -> Shifted:
    """The maximum-likelihood shares with what moves them."""
    told = likelihood.of(authors.posts)
    shares = solve(told, authors.post_parts)
    return Shifted(shares, *moved(authors, told, shares, likelihood))
