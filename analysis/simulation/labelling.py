"""What people label: the audit of a period, and the labels that a classifier was calibrated on."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import polars as pl

from analysis.simulation.population import Population, simulate

Design = Literal["equal", "opposed", "uncertain"]
# Part of the sample that is drawn with equal chances, so that no author's label stands for very many.
_EQUAL_PART = 0.5


def draw_labels(posts: pl.DataFrame, n: int, rng: np.random.Generator, *, design: Design = "equal") -> pl.DataFrame:
    """Labels of one random post each of about `n` authors, with the authors' inclusion probabilities.

    Columns: post_id, label, inclusion_probability. `design`: every author has the same chance (a simple random
    sample); "opposed": one that grows threefold with the mean p_against; "uncertain": half by chance alone and half in
    proportion to the standard deviation that the classifier gives the stance of the author's post (Poisson sampling).
    """
    one = posts[rng.permutation(posts.height)].unique("author", keep="first", maintain_order=True).sort("author")
    if design == "equal":
        n = min(n, one.height)
        chance = np.full(one.height, n / one.height)
        drawn = np.isin(np.arange(one.height), rng.permutation(one.height)[:n])
    else:
        chance = _chances(posts, one, n, design)
        drawn = rng.random(one.height) < chance
    return (
        one.with_columns(inclusion_probability=pl.Series(chance))
        .filter(pl.Series(drawn))
        .select("post_id", "label", "inclusion_probability")
    )


def _chances(
    posts: pl.DataFrame, one: pl.DataFrame, n: int, design: Design
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    lean = posts.group_by("author").agg(pl.col("p_against").mean()).sort("author")["p_against"].to_numpy()
    if design == "opposed":
        size = 1 + 2 * lean
        return np.asarray(np.minimum(n * size / size.sum(), 1.0))
    doubt = np.sqrt(lean * (1 - lean))
    mixed = _EQUAL_PART / one.height + (1 - _EQUAL_PART) * doubt / max(float(doubt.sum()), 1e-12)
    return np.asarray(np.minimum(n * mixed, 1.0))


def draw_calibration(population: Population, n: int, rng: np.random.Generator) -> pl.DataFrame:
    """`n` labelled posts of as many authors from the time the classifier was trained: its prevalence, its wording."""
    before = replace(
        population,
        n_authors=n,
        prevalence=population.trained_on or population.prevalence,
        tail=np.inf,
        wording=0.0,
        copies=0,
        missing_days=(),
    )
    return simulate(before, rng).select("author", "label", "p_against", "p_neutral", "p_favor")
