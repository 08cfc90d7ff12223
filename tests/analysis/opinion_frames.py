"""Opinions as storage hands them to analysis."""

import datetime as dt

import numpy as np
import polars as pl

from storage.records import STANCES

START = dt.datetime(2022, 10, 3, tzinfo=dt.UTC)


def opinions(n: int = 3000, days: int = 28, seed: int = 0) -> pl.DataFrame:
    """`n` opinions over `days` days from 3 October 2022: eight sources, of which two are outlets."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet([1.2, 1.0, 0.6], n)
    source = rng.integers(0, 8, n)
    author = rng.integers(0, n // 4, n)
    return pl.DataFrame(
        {
            "source": [f"s{k}" for k in source],
            "native_id": [str(k) for k in range(n)],
            "author": ["" if s < 2 or a % 9 == 0 else f"u{a}" for s, a in zip(source, author, strict=True)],
            "voice": ["outlet" if s < 2 else "person" for s in source],
            "posted_at": [START + dt.timedelta(seconds=int(s)) for s in rng.integers(0, days * 86_400, n)],
            "language": [("ru", "kk", "mixed")[k] for k in rng.integers(0, 3, n)],
            "region": [("Almaty", "")[k] for k in rng.integers(0, 2, n)],
            "kind": ["channel" if s < 2 else "group" for s in source],
            "p_against": probabilities[:, 0],
            "p_neutral": probabilities[:, 1],
            "p_favor": probabilities[:, 2],
        }
    )


def labelled(frame: pl.DataFrame, days: int, n: int = 240, seed: int = 0, wrong: float = 0.0) -> pl.DataFrame:
    """Labels of people's posts of the first `days` days, as the probabilities say, `wrong` of them turned against."""
    people = frame.filter((pl.col("voice") == "person") & (pl.col("posted_at") < START + dt.timedelta(days=days)))
    rng = np.random.default_rng(seed)
    drawn = people[np.sort(rng.permutation(people.height)[:n])]
    p = drawn.select("p_against", "p_neutral", "p_favor").to_numpy()
    codes = (rng.random(n)[:, None] > np.cumsum(p, axis=1)[:, :2]).sum(axis=1)
    codes = np.where(rng.random(n) < wrong, 0, codes)
    return drawn.select("source", "native_id").with_columns(
        label=pl.Series([STANCES[k] for k in codes]),
        inclusion_probability=pl.lit(n / people.height),
        author_posts=pl.lit(1),
    )
