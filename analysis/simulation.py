"""Chatter with a known truth: the bench on which intervals are held to what they promise.

Authors have dispositions of their own, write unequally much (heavy tail), and those opposed write
more. A classifier reads their posts with error; its probabilities are calibrated unless a shift is
asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.shares import estimate
from analysis.shares.emq import Prior
from storage.records import STANCES, Among

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Population:
    """What the chatter is drawn from.

    `prevalence`: probability of (against, neutral, favor) at a random author's random post: the truth
    among all. `consistency` in (0, 1): 1 is an author who never changes stance. `tail`: Pareto index
    of posts an author (smaller: more unequal). `loudness`: how many times more the opposed write.
    `separation`: distance of the classifier's classes in standard deviations. `trained_on`: the
    prevalence the classifier assumes (None: the true one). `wording`: shift of posts against toward
    the classifier's neutral, in standard deviations: it is no longer calibrated.
    """

    n_authors: int = 500
    prevalence: tuple[float, float, float] = (0.3, 0.4, 0.3)
    consistency: float = 0.7
    tail: float = 1.3
    loudness: float = 2.0
    separation: float = 2.0
    trained_on: tuple[float, float, float] | None = None
    wording: float = 0.0

    def __post_init__(self) -> None:
        for shares in (self.prevalence, self.trained_on or self.prevalence):
            if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
                raise ValueError(f"prevalence {shares}: three positive shares (against, neutral, favor) that sum to 1")
        if not 0 < self.consistency < 1 or self.n_authors < 1:
            raise ValueError("consistency lies between 0 and 1, and there is at least one author")

    def truth(self, among: Among) -> float:
        """The share against in this population, among all or among those who express a stance."""
        against, _, favor = self.prevalence
        return against if among == "all" else against / (against + favor)


def simulate(population: Population, rng: np.random.Generator) -> pl.DataFrame:
    """Posts of one period: post_id, author, true stance (`label`), p_against, p_neutral, p_favor."""
    concentration = (1 - population.consistency) / population.consistency
    disposition = rng.dirichlet(np.array(population.prevalence) * concentration, population.n_authors)
    disposition = np.nan_to_num(disposition, nan=1 / 3)
    activity = rng.pareto(population.tail, population.n_authors) + 1
    counts = np.minimum(activity * population.loudness ** disposition[:, 0], 300).astype(np.int64)
    author = np.repeat(np.arange(population.n_authors), counts)
    below = np.cumsum(disposition, axis=1)[author][:, :2]
    stance = (rng.random(author.size)[:, None] > below).sum(axis=1)
    probabilities = _classify(stance, population, rng)
    columns = {f"p_{name}": probabilities[:, k] for k, name in enumerate(STANCES)}
    return pl.DataFrame(
        {
            "post_id": [f"post-{n}" for n in range(author.size)],
            "author": [f"author-{n}" for n in author.tolist()],
            "label": [STANCES[k] for k in stance.tolist()],
            **columns,
        }
    )


def _classify(stance: npt.NDArray[np.int64], population: Population, rng: np.random.Generator) -> Floats:
    """Posterior probabilities from a noisy signal of each post's stance, under the assumed prevalence."""
    signal = rng.normal(size=(stance.size, 3)) + population.separation * np.eye(3)[stance]
    signal[stance == 0] += population.wording * np.array([-1.0, 1.0, 0.0])
    logits = np.log(population.trained_on or population.prevalence) + population.separation * signal
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def draw_labels(posts: pl.DataFrame, n: int, rng: np.random.Generator, *, favour_opposed: bool = False) -> pl.DataFrame:
    """Labels of one random post each of about `n` authors, with the authors' inclusion probabilities.

    Every author has the same chance, or, with `favour_opposed`, one that grows threefold with the
    mean p_against (Poisson sampling).
    """
    one = posts[rng.permutation(posts.height)].unique("author", keep="first", maintain_order=True).sort("author")
    mean = posts.group_by("author").agg(pl.col("p_against").mean().alias("lean")).sort("author")["lean"].to_numpy()
    if favour_opposed:
        size = 1 + 2 * mean
        chance = np.minimum(n * size / size.sum(), 1.0)
        drawn = rng.random(one.height) < chance
    else:
        n = min(n, one.height)
        chance = np.full(one.height, n / one.height)
        drawn = np.isin(np.arange(one.height), rng.permutation(one.height)[:n])
    return (
        one.with_columns(inclusion_probability=pl.Series(chance))
        .filter(pl.Series(drawn))
        .select("post_id", "label", "inclusion_probability")
    )


def coverage(
    population: Population,
    *,
    method: Literal["pcc", "ppi++", "emq", "cc"] = "pcc",
    among: Among = "opinionated",
    repetitions: int = 300,
    n_labels: int = 200,
    favour_opposed: bool = False,
    seed: int = 0,
) -> dict[str, float]:
    """How often the 95% interval of the share against holds the truth, over `repetitions` samples.

    Returns `coverage` with its Monte-Carlo standard error `coverage_error`, `bias`, `mae` and mean
    `width`, all as fractions, and `told`: the part of the samples that gave a number at all.
    """
    errors, widths, held = [], [], []
    truth = population.truth(among)
    prior = Prior(population.trained_on or population.prevalence)
    for repetition in range(repetitions):
        rng = np.random.default_rng([seed, repetition])
        posts = simulate(population, rng)
        labels = draw_labels(posts, n_labels, rng, favour_opposed=favour_opposed) if method == "ppi++" else None
        told = estimate(posts, labels, method=method, among=among, seed=repetition, prior=prior).shares["against"]
        if told.share is None or told.low is None or told.high is None:
            continue
        errors.append(told.share - truth)
        widths.append(told.high - told.low)
        held.append(told.low <= truth <= told.high)
    rate = float(np.mean(held)) if held else float("nan")
    return {
        "coverage": rate,
        "coverage_error": float(np.sqrt(rate * (1 - rate) / max(len(held), 1))),
        "bias": float(np.mean(errors)) if errors else float("nan"),
        "mae": float(np.mean(np.abs(errors))) if errors else float("nan"),
        "width": float(np.mean(widths)) if widths else float("nan"),
        "told": len(held) / repetitions,
    }
