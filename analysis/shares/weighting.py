"""Raking: weights that bring the authors of a period to known margins (Deming & Stephan 1940).

Iterative proportional fitting: the weights of every category of one margin are scaled to its share, margin after
margin, until all of them hold; the result is the set of weights that differs least, in relative entropy, from equal
ones. It corrects what the margins explain and nothing else: those who do not write are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.shares.bootstrap import Floats

OTHER = "other"
MISSING = ""
_ROUNDS = 1_000
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Margin:
    """What part of the population each category of the column `of` has: `shares` are positive fractions that sum to 1.

    The category "other" stands for every value that is not named. ValueError otherwise.
    """

    of: str
    shares: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.shares or min(self.shares.values()) <= 0 or abs(sum(self.shares.values()) - 1) > 0.005:
            raise ValueError(f"the margin of {self.of} needs positive shares that sum to 1, found {dict(self.shares)}")


@dataclass(frozen=True, slots=True)
class Category:
    """One category of a margin: authors, and their part before and after weighting beside the one `wanted`."""

    of: str
    category: str
    authors: int
    wanted: float
    unweighted: float
    weighted: float


@dataclass(frozen=True, slots=True)
class Raked:
    """`weights`, mean 1, in the order of the authors; None, and `reason` says why, where raking is refused.

    `design_effect`: n sum(w²) / sum(w)² (Kish 1965), by how much the weights alone widen the variance, at least 1.
    `trimmed`: how many weights were cut at the bound; `largest`: the largest weight. `categories`: what was wanted and
    what came out; trimming leaves some margins short, and `missed` is by how much at most.
    """

    weights: Floats | None
    design_effect: float | None = None
    trimmed: int = 0
    largest: float | None = None
    missed: float | None = None
    categories: tuple[Category, ...] = field(default=())
    reason: str = ""


def rake(authors: pl.DataFrame, margins: Sequence[Margin], trim: float = 5.0) -> Raked:
    """Weights for authors, one row each, that fit every margin; `authors` has a column for each.

    An author whose value is empty keeps his part of the whole, and the margin holds among the others. Weights above
    `trim` times their mean are cut to it and all are scaled to mean 1 again, once (as facebookresearch/balance does),
    so that the largest may end a little above. Refused with the reason: no authors, a category without an author, an
    author in a category that the margin does not name, margins that cannot hold together. ValueError for `trim` below 1
    or a missing column. The weights hold for these authors: of another period they are others.
    """
    if trim < 1:
        raise ValueError(f"trim={trim}: a bound below the mean weight would cut every weight; give 1 or more")
    missing = [margin.of for margin in margins if margin.of not in authors.columns]
    if missing:
        raise ValueError(f"authors lack the column {', '.join(missing)}; found {', '.join(authors.columns)}")
    if authors.height == 0:
        return Raked(None, reason="there are no authors to weight")
    try:
        members, wanted, names = _cells(authors, margins)
    except _RefusedError as refused:
        return Raked(None, reason=str(refused))
    weights = _fit(members, wanted, authors.height)
    if weights is None:
        told = " and ".join(margin.of for margin in margins)
        return Raked(None, reason=f"the margins of {told} cannot hold together for these authors")
    cut = weights > trim * (1 + 1e-12)
    weights = np.minimum(weights, trim)
    weights = weights / weights.mean()
    reached = [float(weights[rows].sum() / authors.height) for rows in members]
    return Raked(
        weights=weights,
        design_effect=kish(weights),
        trimmed=int(cut.sum()),
        largest=float(weights.max()),
        missed=max((abs(got - want) for got, want in zip(reached, wanted, strict=True)), default=0.0),
        categories=tuple(
            Category(of, name, rows.size, want, rows.size / authors.height, got)
            for (of, name), rows, want, got in zip(names, members, wanted, reached, strict=True)
        ),
    )


def kish(weights: Floats) -> float:
    """Kish's (1965) design effect of unequal weights: n sum(w²) / sum(w)², at least 1; n / this is the effective n.

    It holds for what is unrelated to the weights; where a stance goes with them the true effect is smaller or larger.
    """
    return float(weights.size * (weights**2).sum() / weights.sum() ** 2)


class _RefusedError(Exception):
    """Raking cannot be done; the message says why and what to change."""


def _cells(
    authors: pl.DataFrame, margins: Sequence[Margin]
) -> tuple[list[npt.NDArray[np.int64]], list[float], list[tuple[str, str]]]:
    """For each category of each margin its authors (indices), its wanted part and its name."""
    members: list[npt.NDArray[np.int64]] = []
    wanted: list[float] = []
    names: list[tuple[str, str]] = []
    for margin in margins:
        values = authors[margin.of].cast(pl.String).fill_null(MISSING).to_numpy()
        places = _places(values, margin)
        told = 1 - float(np.mean(values == MISSING))
        total = sum(margin.shares.values())
        for name, share in margin.shares.items():
            if places[name].size == 0:
                part = f"{share / total:.1%} of the population"
                raise _RefusedError(
                    f"no author has the {margin.of} {name}, which is {part}; join it with another category"
                )
            members.append(places[name])
            wanted.append(share / total * told)
            names.append((margin.of, name))
    return members, wanted, names


def _places(values: npt.NDArray[np.object_], margin: Margin) -> dict[str, npt.NDArray[np.int64]]:
    """The authors of each category; who has no value is in none."""
    named = [name for name in margin.shares if name != OTHER]
    places = {name: np.flatnonzero(values == name) for name in named}
    rest = np.flatnonzero(~np.isin(values, [MISSING, *named]))
    if OTHER in margin.shares:
        places[OTHER] = rest
    elif rest.size:
        found = ", ".join(sorted(set(values[rest].tolist()))[:5])
        raise _RefusedError(
            f"{rest.size} authors have the {margin.of} {found}, which the margin does not name; add it, or `other`"
        )
    return places


def _fit(members: Sequence[npt.NDArray[np.int64]], wanted: Sequence[float], size: int) -> Floats | None:
    """Weights of mean 1 under which every category has its wanted part; None where they do not settle."""
    weights = np.ones(size)
    for _ in range(_ROUNDS):
        worst = 0.0
        for rows, want in zip(members, wanted, strict=True):
            factor = want * size / float(weights[rows].sum())
            worst = max(worst, abs(factor - 1))
            weights[rows] *= factor
        if worst < _CLOSE:
            return np.asarray(weights / weights.mean())
        if not np.isfinite(worst):
            return None
    return None
