"""How far coders agree beyond chance: Krippendorff's alpha for nominal labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Alpha with its interval. `units`: posts that two coders or more labelled; `values`: labels on them.

    alpha is 1 for perfect agreement, 0 for what chance gives, below 0 for worse. It is None, and `reason` says why,
    where nothing was labelled twice or only one label was ever given: then agreement cannot be told from chance.
    """

    alpha: float | None
    low: float | None
    high: float | None
    units: int
    values: int
    reason: str = ""


def krippendorff_alpha(
    labels: pl.DataFrame, *, confidence: float = 0.95, draws: int = 1000, seed: int = 0
) -> Agreement:
    """Alpha of nominal labels with any number of coders and missing answers.

    `labels`: unit, coder, label, one row an answer; a null label (cannot tell) is a missing answer. The interval is
    the percentile bootstrap over units (Zapf et al. 2016, doi 10.1186/s12874-016-0200-9), too short below about 30
    units. Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability". ValueError for two answers of one
    coder to the same unit.
    """
    given = labels.filter(pl.col("label").is_not_null()).select("unit", "coder", "label")
    if given.select("unit", "coder").is_duplicated().any():
        raise ValueError("a coder answers a unit once: two answers of one coder to the same unit")
    counts = _counts(given)
    units, values = counts.shape[0], int(counts.sum())
    if units == 0:
        return Agreement(None, None, None, 0, 0, "no post was labelled by two coders")
    coincidences = _coincidences(counts)
    alpha = float(_alpha(coincidences.sum(axis=0)[None])[0])
    if not np.isfinite(alpha):
        return Agreement(
            None, None, None, units, values, "only one label was given: agreement and chance look the same"
        )
    weights = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), draws).astype(np.float64)
    drawn = _alpha(np.tensordot(weights, coincidences, axes=1))
    usable = drawn[np.isfinite(drawn)]
    tail = (1 - confidence) / 2
    low, high = np.quantile(usable, [tail, 1 - tail]) if usable.size else (alpha, alpha)
    return Agreement(alpha, min(float(low), alpha), max(float(high), alpha), units, values)


def _counts(given: pl.DataFrame) -> Floats:
    """How often each unit with two answers or more got each label, (units, labels)."""
    names = given["label"].unique().sort().to_list()
    wide = (
        given.group_by("unit")
        .agg(*((pl.col("label") == name).sum().alias(f"n{k}") for k, name in enumerate(names)))
        .sort("unit")
    )
    counts = wide.drop("unit").to_numpy().astype(np.float64)
    return np.asarray(counts[counts.sum(axis=1) >= 2])


def _coincidences(counts: Floats) -> Floats:
    """Each unit's pairs of labels by different coders, over its answers less one: (units, labels, labels)."""
    pairs = counts[:, :, None] * counts[:, None, :]
    diagonal = np.arange(counts.shape[1])
    pairs[:, diagonal, diagonal] -= counts
    return np.asarray(pairs / (counts.sum(axis=1) - 1)[:, None, None])


def _alpha(coincidence: Floats) -> Floats:
    """1 - observed / expected disagreement for each (labels, labels) matrix; NaN where chance cannot disagree."""
    marginal = coincidence.sum(axis=2)
    total = marginal.sum(axis=1)
    observed = total - np.trace(coincidence, axis1=1, axis2=2)
    expected = total**2 - (marginal**2).sum(axis=1)
    with np.errstate(all="ignore"):
        return np.asarray(np.where(expected > 1e-9, 1 - (total - 1) * observed / expected, np.nan))
