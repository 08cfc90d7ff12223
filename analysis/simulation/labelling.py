"""What people label: the audit of a period, and the labels that a classifier was calibrated on."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.audits.draw import allocate
from analysis.shares.calibration_sample import CalibrationSample
from analysis.simulation.population import Floats, Ints, Population, draw_chatter, simulate

Design = Literal["equal", "opposed", "strata", "uncertain"]
# Part of "uncertain" that is drawn without regard to the classifier, so that no author's label stands for very many.
_EQUAL_PART = 0.5


def draw_labels(posts: pl.DataFrame, n: int, rng: np.random.Generator, *, design: Design = "equal") -> pl.DataFrame:
    """Labels of one random post each of about `n` authors, with the authors' inclusion probabilities.

    `posts` as `simulate` gives them. Columns: post_id, label, inclusion_probability. `design`: every author has the
    same chance (a simple random sample); "strata": simple random samples of those whose post is read as each stance, as
    large as `pikir audit draw` makes them; "uncertain": half by chance alone and half in proportion to the standard
    deviation that the classifier gives being against in the author's post; "opposed": a chance that grows threefold
    with p_against (the last two are Poisson samples, whose size varies).
    """
    author = posts["author"].rle_id().cast(pl.Int64).to_numpy()
    place, chance = draw_places(author, posts.select("p_against", "p_neutral", "p_favor").to_numpy(), n, rng, design)
    return posts[place].select("post_id", "label", inclusion_probability=pl.Series(chance))


def draw_places(
    author: Ints, probabilities: Floats, n: int, rng: np.random.Generator, design: Design = "equal"
) -> tuple[Ints, Floats]:
    """Where the labelled posts stand and their authors' inclusion probabilities; `author` in sorted runs."""
    first = np.flatnonzero(np.diff(author, prepend=author[0] - 1))
    counts = np.diff(np.r_[first, author.size])
    one = first + (rng.random(first.size) * counts).astype(np.int64)
    p = probabilities[one]
    if design in ("equal", "strata"):
        stratum = np.zeros(one.size, dtype=np.int64) if design == "equal" else p.argmax(axis=1)
        chance, drawn = _by_stratum(stratum, min(n, one.size), rng)
    else:
        chance = _chances(p[:, 0], n, design)
        drawn = rng.random(one.size) < chance
    return one[drawn], chance[drawn]


def _by_stratum(stratum: Ints, n: int, rng: np.random.Generator) -> tuple[Floats, npt.NDArray[np.bool_]]:
    chance, drawn = np.zeros(stratum.size), np.zeros(stratum.size, dtype=bool)
    names, sizes = np.unique(stratum, return_counts=True)
    counts = allocate({str(name): int(size) for name, size in zip(names, sizes, strict=True)}, n)
    for name in names:
        members = np.flatnonzero(stratum == name)
        drawn[rng.permutation(members)[: counts[str(name)]]] = True
        chance[members] = counts[str(name)] / members.size
    return chance, drawn


def _chances(against: Floats, n: int, design: Design) -> Floats:
    size = 1 + 2 * against if design == "opposed" else np.sqrt(against * (1 - against))
    equal = 0.0 if design == "opposed" else _EQUAL_PART
    mixed = equal / size.size + (1 - equal) * size / max(float(size.sum()), 1e-12)
    return np.asarray(np.minimum(n * mixed, 1.0))


def draw_calibration(population: Population, n: int, rng: np.random.Generator) -> pl.DataFrame:
    """`n` labelled posts of as many authors from the time the classifier was trained: its prevalence, its wording."""
    return simulate(_before(population, n), rng).select("author", "label", "p_against", "p_neutral", "p_favor")


def calibration_sample(population: Population, n: int, rng: np.random.Generator) -> CalibrationSample:
    """The same, ready for EMQ."""
    past = draw_chatter(_before(population, n), rng)
    return CalibrationSample(past.probabilities, past.stance, np.ones(n), np.arange(n))


def _before(population: Population, n: int) -> Population:
    prevalence = population.trained_on or population.prevalence
    return replace(population, n_authors=n, prevalence=prevalence, tail=np.inf, wording=0.0, copies=0, missing_days=())
