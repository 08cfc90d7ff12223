"""Posts with known stances, for the tests of shares."""

import numpy as np
import polars as pl

from analysis.shares import Estimate
from analysis.simulation import Population, simulate

SURE = {"against": (1.0, 0.0, 0.0), "neutral": (0.0, 1.0, 0.0), "favor": (0.0, 0.0, 1.0)}


def posts(*rows: tuple[str | None, tuple[float, float, float]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "post_id": [f"p{n}" for n in range(len(rows))],
            "author": [author for author, _ in rows],
            **{f"p_{name}": [p[k] for _, p in rows] for k, name in enumerate(SURE)},
        },
        schema_overrides={"author": pl.String},
    )


def share(told: Estimate, stance: str = "against") -> float:
    value = told.shares[stance].share  # type: ignore[index]
    assert value is not None
    return value


def crowd(n: int = 400, seed: int = 0) -> pl.DataFrame:
    return simulate(Population(n_authors=n), np.random.default_rng(seed))
