"""The share of people who voice a narrative in a poll's field dates, beside the poll that asks about it."""

from __future__ import annotations

from math import sqrt

import polars as pl

from analysis.series import unit
from analysis.shares.interval import StanceShare, wilson

AGREE = "agree"


def voiced_share(posts: pl.DataFrame, narrative: str, confidence: float, min_authors: int) -> tuple[StanceShare, int]:
    """The share of authors with at least one post that voices `narrative`, among all in `posts`, and how many they are.

    `posts`: people's posts, columns of estimate_series and narratives (list of names). Wilson's interval; the reading
    is taken as it stands, so its errors are part of the house effect. Insufficient below `min_authors` authors.
    """
    units = posts.group_by(unit("people", "all").alias("unit")).agg(
        voiced=pl.col("narratives").list.contains(narrative).fill_null(value=False).any()
    )
    n = units.height
    if n < max(min_authors, 1):
        return StanceShare.insufficient(), n
    share = int(units["voiced"].sum()) / n
    return StanceShare(share, *wilson(share, n, confidence), sqrt(share * (1 - share) / n)), n
