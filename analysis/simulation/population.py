"""Chatter with a known truth: people with dispositions of their own, who write unequally much, read by a classifier.

Everything is drawn from the generator that is passed in: equal seeds give equal chatter. docs/methods/simulation.md
says what was built in and why.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.shares.authors import Authors, mean_by_author
from storage.records import STANCES, Among

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_MOST_POSTS = 300


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the chatter: the `part` of authors who write it, and how well the classifier reads it."""

    name: str
    part: float
    separation: float


@dataclass(frozen=True, slots=True)
class Population:
    """What the chatter is drawn from.

    `prevalence`: probability of (against, neutral, favor) at a random author's random post: the truth
    among all. `consistency` in (0, 1): 1 is an author who never changes stance. `tail`: Pareto index
    of posts an author (smaller: more unequal; infinite: one post each). `loudness`: how many times more
    the opposed write. `separation`: distance of the classifier's classes in standard deviations, where
    `languages` do not say it by language. `trained_on`: the prevalence the classifier assumes (None: the
    true one). `wording`: shift of posts against toward the classifier's neutral, in standard deviations:
    it is no longer calibrated. `copies`: accounts beside the authors that all post one text against; they
    are no people and not in the truth. `days`: how many days the posts spread over, of which
    `missing_days` were not collected.
    """

    n_authors: int = 500
    prevalence: tuple[float, float, float] = (0.3, 0.4, 0.3)
    consistency: float = 0.7
    tail: float = 1.3
    loudness: float = 2.0
    separation: float = 2.0
    trained_on: tuple[float, float, float] | None = None
    wording: float = 0.0
    languages: tuple[Language, ...] = ()
    copies: int = 0
    days: int = 7
    missing_days: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for shares in (self.prevalence, self.trained_on or self.prevalence):
            if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
                raise ValueError(f"prevalence {shares}: three positive shares (against, neutral, favor) that sum to 1")
        if not 0 < self.consistency < 1 or self.n_authors < 1 or self.tail <= 0:
            raise ValueError("consistency lies between 0 and 1, tail is positive, and there is at least one author")
        if self.languages and abs(sum(one.part for one in self.languages) - 1) > 1e-9:
            raise ValueError("the parts of the languages sum to 1")
        if self.copies < 0 or not set(self.missing_days) < set(range(self.days)):
            raise ValueError(f"missing_days are some but not all of 0 to {self.days - 1}, and copies are not negative")

    def truth(self, among: Among) -> float:
        """The share against in this population, among all or among those who express a stance."""
        against, _, favor = self.prevalence
        return against if among == "all" else against / (against + favor)


@dataclass(frozen=True, slots=True)
class Chatter:
    """Simulated posts, sorted by author. `stance`: the truth, an index of STANCES; `copied`: one text of accounts."""

    author: Ints
    stance: Ints
    probabilities: Floats
    tongue: Ints
    day: Ints
    copied: npt.NDArray[np.bool_]

    def frame(self, languages: tuple[str, ...] = ("ru",)) -> pl.DataFrame:
        """Columns: post_id, author, label (the truth), p_against, p_neutral, p_favor, language, day, text_digest."""
        numbers = range(self.author.size)
        digests = ["copied-text" if copied else f"text-{n}" for n, copied in zip(numbers, self.copied, strict=True)]
        return pl.DataFrame(
            {
                "post_id": [f"post-{n}" for n in numbers],
                "author": [f"author-{n}" for n in self.author.tolist()],
                "label": [STANCES[k] for k in self.stance.tolist()],
                **{f"p_{name}": self.probabilities[:, k] for k, name in enumerate(STANCES)},
                "language": [languages[k] for k in self.tongue.tolist()],
                "day": self.day,
                "text_digest": digests,
            }
        )

    def authors(self) -> Authors:
        """The posts as the estimators see them."""
        author = np.cumsum(np.diff(self.author, prepend=self.author[0]) != 0)
        counts = np.bincount(author)
        means = mean_by_author(self.probabilities, author, counts)
        ids = pl.Series("post_id", np.arange(author.size)).cast(pl.String)
        return Authors(self.probabilities, author, means, counts, np.ones(counts.size), ids)


def simulate(population: Population, rng: np.random.Generator) -> pl.DataFrame:
    """Posts of one period as a frame: post_id, author, label (the truth), probabilities, language, day, text_digest."""
    names = tuple(one.name for one in population.languages) or ("ru",)
    return draw_chatter(population, rng).frame(names)


def draw_chatter(population: Population, rng: np.random.Generator) -> Chatter:
    """Posts of one period."""
    author, stance = _posts(population, rng)
    tongue = _tongues(population, rng)[author]
    probabilities = _classify(stance, _separations(population)[tongue], population, rng)
    day = rng.integers(0, population.days, author.size)
    copied = np.zeros(author.size, dtype=bool)
    if population.copies:
        accounts = np.arange(population.copies)
        text = _classify(np.zeros(1, dtype=np.int64), _separations(population)[:1], population, rng)
        author = np.r_[author, population.n_authors + accounts]
        stance, tongue = np.r_[stance, 0 * accounts], np.r_[tongue, 0 * accounts]
        probabilities = np.vstack([probabilities, np.repeat(text, accounts.size, axis=0)])
        day = np.r_[day, np.full(accounts.size, rng.integers(0, population.days))]
        copied = np.r_[copied, np.ones(accounts.size, dtype=bool)]
    kept = ~np.isin(day, population.missing_days)
    return Chatter(author[kept], stance[kept], probabilities[kept], tongue[kept], day[kept], copied[kept])


def _posts(population: Population, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Each post's author and stance."""
    concentration = (1 - population.consistency) / population.consistency
    disposition = rng.dirichlet(np.array(population.prevalence) * concentration, population.n_authors)
    disposition = np.nan_to_num(disposition, nan=1 / 3)
    counts = np.ones(population.n_authors, dtype=np.int64)
    if np.isfinite(population.tail):
        activity = rng.pareto(population.tail, population.n_authors) + 1
        counts = np.minimum(activity * population.loudness ** disposition[:, 0], _MOST_POSTS).astype(np.int64)
    author = np.repeat(np.arange(population.n_authors), counts)
    below = np.cumsum(disposition, axis=1)[author][:, :2]
    return author, (rng.random(author.size)[:, None] > below).sum(axis=1)


def _tongues(population: Population, rng: np.random.Generator) -> Ints:
    parts = [one.part for one in population.languages] or [1.0]
    return np.asarray(rng.choice(len(parts), size=population.n_authors, p=parts))


def _separations(population: Population) -> Floats:
    return np.array([one.separation for one in population.languages] or [population.separation])


def _classify(stance: Ints, separation: Floats, population: Population, rng: np.random.Generator) -> Floats:
    """Posterior probabilities from a noisy signal of each post's stance, under the assumed prevalence."""
    signal = rng.normal(size=(stance.size, 3)) + separation[:, None] * np.eye(3)[stance]
    signal[stance == 0] += population.wording * np.array([-1.0, 1.0, 0.0])
    logits = np.log(population.trained_on or population.prevalence) + separation[:, None] * signal
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
