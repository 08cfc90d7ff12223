"""A small population of authors with known stances, for the tests of audits."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from analysis.audits import Sample
from storage.records import STANCES, Draw

MONDAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def population(authors: int = 60, days: int = 7, seed: int = 0) -> pl.DataFrame:
    """Opinions of one target with the true stance beside the model's, which errs in one post of five."""
    rng = np.random.default_rng(seed)
    rows = []
    for author in range(authors):
        lean = rng.dirichlet([0.6, 1.2, 0.3])
        for _ in range(1 + int(rng.pareto(1.5))):
            true = int(rng.choice(3, p=lean))
            read = true if rng.random() > 0.2 else int(rng.integers(3))
            chances = np.full(3, 0.1)
            chances[read] = 0.8
            when = MONDAY + dt.timedelta(minutes=int(rng.integers(days * 24 * 60)))
            rows.append((f"{len(rows)}", f"a{author}", when, STANCES[read], STANCES[true], *chances.tolist()))
    columns = ["native_id", "author", "posted_at", "stance", "truth", "p_against", "p_neutral", "p_favor"]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    return frame.with_columns(source=pl.lit("forum"), voice=pl.lit("person"))


def author_mean(opinions: pl.DataFrame, stance: str) -> float:
    """The mean over authors of their part of posts with this true stance."""
    parts = opinions.group_by("author").agg((pl.col("truth") == stance).mean())
    return float(parts["truth"].mean() or 0.0)  # type: ignore[arg-type]


def draw_record(sample: Sample, id: int = 1, starts: dt.datetime = MONDAY, days: int = 7) -> Draw:
    """The stored form of a sample's design."""
    ends = starts + days * DAY
    return Draw("migrants", "w", starts, ends, "m", 0, sample.authors, sample.n_posts, dict(sample.strata), MONDAY, id)


def drawn_rows(opinions: pl.DataFrame, sample: Sample, id: int = 1) -> pl.DataFrame:
    """The stored form of a sample's posts."""
    return sample.posts.with_columns(draw=pl.lit(id, dtype=pl.Int64)).join(
        opinions.select("source", "native_id", "posted_at"), on=["source", "native_id"], maintain_order="left"
    )


def answered(opinions: pl.DataFrame, drawn: pl.DataFrame) -> pl.DataFrame:
    """The final labels of the drawn posts, all true."""
    truth = opinions.select("source", "native_id", pl.col("truth").alias("label"))
    return drawn.select("source", "native_id").unique().join(truth, on=["source", "native_id"])
