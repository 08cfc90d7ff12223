"""A probability sample of authors, one random post each, stratified by the model's answer to that post.

Every post and every author has a permanent random number that depends on the seed and on its own key alone (Ohlsson
1995, "Coordination of samples using permanent random numbers"). An author is represented by his post with the smallest
number; of each stratum the authors with the smallest numbers are drawn: simple random sampling in strata. A larger
draw of the same window therefore holds the smaller one, and a draw of a population that has changed holds what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import polars as pl

from analysis.cells import of_voices, unit
from storage.records import STANCES

_EQUAL_PART = 0.3


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn from whom.

    `posts`: source, native_id, stratum, inclusion_probability (the author's), author_posts, in random order. `strata`:
    by the model's answer, authors in the population and authors drawn. `authors`, `n_posts`: the population's size.
    """

    posts: pl.DataFrame
    strata: Mapping[str, tuple[int, int]]
    authors: int
    n_posts: int


def draw_authors(opinions: pl.DataFrame, n: int, seed: int = 0) -> Sample:
    """Draw `n` of the people who wrote about a target, or all where there are fewer.

    `opinions`: source, native_id, author, voice and the model's stance, of one target and one window; outlets are left
    out, and a post without an author is an author of its own. The inclusion probability of an author whose random post
    the model reads as h is n_h / N_h, known exactly; it holds given the random posts, and with them on average
    (double expansion: Särndal, Swensson & Wretman 1992, chapter 9). Any beginning of the sample holds the strata in
    about the same proportions as the whole. ValueError where nobody wrote, or where `n` is below the number of strata:
    every stratum needs a chance.
    """
    people = of_voices(opinions, "people").with_columns(unit=unit("people", "all"))
    if people.height == 0:
        raise ValueError("nobody wrote about the target in this window: there is nothing to draw from")
    posts = people.select("source", "native_id", "unit", "stance").with_columns(
        number=_numbers(seed, "post", pl.concat_str("source", pl.lit("/"), "native_id"), people)
    )
    picked = (
        posts.sort("number", "source", "native_id")
        .group_by("unit", maintain_order=True)
        .agg(pl.first("source"), pl.first("native_id"), pl.first("stance"), pl.len().alias("author_posts"))
    )
    picked = picked.with_columns(rank=_numbers(seed, "author", pl.col("unit"), picked)).sort("rank", "unit")
    found = dict(picked.group_by("stance").len().iter_rows())
    sizes: dict[str, int] = {stance: int(found[stance]) for stance in STANCES if stance in found}
    drawn = allocate(sizes, n)
    sample = (
        picked.with_columns(place=pl.int_range(pl.len()).over("stance"))
        .filter(pl.col("place") < pl.col("stance").replace_strict(drawn, return_dtype=pl.Int64))
        .with_columns(
            inclusion_probability=pl.col("stance").replace_strict(
                {stance: drawn[stance] / size for stance, size in sizes.items()}, return_dtype=pl.Float64
            )
        )
        .sort((pl.col("place") + 0.5) / pl.col("stance").replace_strict(drawn, return_dtype=pl.Int64), "rank", "unit")
    )
    return Sample(
        posts=sample.select(
            "source", "native_id", pl.col("stance").alias("stratum"), "inclusion_probability", "author_posts"
        ),
        strata={stance: (size, drawn[stance]) for stance, size in sizes.items()},
        authors=picked.height,
        n_posts=posts.height,
    )


def allocate(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """How many to draw of strata of these sizes (each at least 1): 70% in proportion to size, 30% in equal parts.

    Sums to min(n, the sum of sizes); no stratum gets more than it holds or less than one. A rare answer so gets at
    least n / 10 labels where it has them, and no label weighs more than 1.43 times what it would in a simple random
    sample: robust where the model is wrong about the strata. Larger equal parts gave wider intervals that covered less
    often (docs/methods/audits.md). ValueError where `n` is below the number of strata.
    """
    if n < len(sizes):
        raise ValueError(f"n={n}: draw at least {len(sizes)}, one for each answer of the model that occurs")
    total = sum(sizes.values())
    wanted = min(n, total)
    shares = {name: (1 - _EQUAL_PART) * size / total + _EQUAL_PART / len(sizes) for name, size in sizes.items()}
    given = {name: min(1.0, float(size)) for name, size in sizes.items()}
    free = set(sizes)
    # What a full stratum cannot take goes to the others, in their proportions.
    while free:
        left = wanted - sum(given[name] for name in sizes if name not in free)
        scale = left / sum(shares[name] for name in free)
        full = {name for name in free if shares[name] * scale >= sizes[name]}
        poor = {name for name in free if shares[name] * scale < 1} - full
        if not full and not poor:
            given |= {name: shares[name] * scale for name in free}
            break
        given |= {name: float(sizes[name]) for name in full} | dict.fromkeys(poor, 1.0)
        free -= full | poor
    return _rounded(given, wanted, sizes)


def _rounded(given: Mapping[str, float], wanted: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """Whole numbers with the sum `wanted`, by largest remainder (the earlier name where two are equal)."""
    whole = {name: int(np.floor(value + 1e-9)) for name, value in given.items()}
    while (missing := wanted - sum(whole.values())) != 0:
        step = 1 if missing > 0 else -1
        able = [name for name in whole if (whole[name] < sizes[name] if step > 0 else whole[name] > 1)]
        best = max(able, key=lambda name: round(step * (given[name] - whole[name]), 9))
        whole[best] += step
    return whole


def _numbers(seed: int, kind: str, key: pl.Expr, frame: pl.DataFrame) -> pl.Series:
    """The permanent random number of each row, 64 bits."""
    salt = f"{seed}\0{kind}\0".encode()
    values = frame.select(key).to_series().to_list()
    hashes = [int.from_bytes(blake2b(salt + value.encode(), digest_size=8).digest(), "big") for value in values]
    return pl.Series(hashes, dtype=pl.UInt64)
