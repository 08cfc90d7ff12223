"""Who counts once in which period and group: the cells that shares are told of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from analysis.evidence import COVERED, Evidence, inside
from analysis.labelled_posts import Posts
from analysis.shares.audit import Audited
from analysis.shares.authors import Authors
from analysis.shares.bootstrap import Floats
from analysis.shares.diagnostics import top_author_share
from storage.records import STANCES, Period, Voices

Group = Literal["all", "source", "language", "region"]
PERIOD_STARTS = {"day": "1d", "week": "1w", "month": "1mo"}


@dataclass(frozen=True, slots=True)
class Cell:
    """The units (authors or outlets) of one group in one period: their mean probabilities, (units, 3).

    `top_author_share`: part of the posts by the busiest 1% of the units. `near_duplicate_share`: part of the posts that
    repeat an earlier text of the cell; None where digests are not known.
    """

    value: str
    starts: dt.date
    means: Floats
    n_posts: int
    top_author_share: float | None = None
    near_duplicate_share: float | None = None
    authors: Authors | None = None
    """The units with their posts, where more than their means was asked for."""
    audit: Audited | None = None
    """The labels of these posts, where there are any."""

    @property
    def n_authors(self) -> int:
        """How many authors or outlets."""
        return int(self.means.shape[0])


def cells(
    opinions: pl.DataFrame,
    *,
    by: Period,
    zone: ZoneInfo,
    group: Group,
    voices: Voices,
    evidence: Evidence | None = None,
) -> Iterator[Cell]:
    """The units of every group value and period, in order of value and period; with `evidence` their posts and audits.

    A cell has an audit only where its posts had a chance to be drawn (all but 0.5% of them).
    """
    if by not in PERIOD_STARTS:
        raise ValueError(f"by={by!r}: allowed are {', '.join(PERIOD_STARTS)}")
    value = pl.lit("") if group == "all" else pl.col(group).fill_null("")
    starts = _local_day(zone).dt.truncate(PERIOD_STARTS[by])
    voiced = of_voices(opinions, voices)
    frame = voiced.select(_columns(voiced, value, starts, unit(voices, group), evidence))
    yield from _of_rows(frame if group == "all" else frame.filter(pl.col("value") != ""), evidence)


def window_cell(
    opinions: pl.DataFrame, first: dt.date, last: dt.date, zone: ZoneInfo, evidence: Evidence | None = None
) -> Cell:
    """The people of the local days from `first` to `last`, both included, as one cell, as `cells` makes them."""
    people = of_voices(opinions, "people").filter(_local_day(zone).is_between(first, last))
    frame = people.select(_columns(people, pl.lit(""), pl.lit(first), unit("people", "all"), evidence))
    return next(_of_rows(frame, evidence), Cell("", first, np.zeros((0, len(STANCES))), 0))


def _local_day(zone: ZoneInfo) -> pl.Expr:
    return pl.col("posted_at").dt.convert_time_zone(str(zone)).dt.date()


def _columns(
    opinions: pl.DataFrame, value: pl.Expr, starts: pl.Expr, who: pl.Expr, evidence: Evidence | None
) -> list[pl.Expr]:
    known = "text_digest" in opinions.columns
    digest = pl.col("text_digest").replace("", None) if known else pl.lit(None, dtype=pl.String)
    named = [digest.alias("digest"), value.alias("value"), starts.alias("starts"), who.alias("unit")]
    if evidence is not None:
        post = pl.concat_str("source", pl.lit("/"), "native_id").alias("post_id")
        named += [post, inside(evidence.windows).alias("asked")]
    return [*named, *(pl.col(f"p_{stance}") for stance in STANCES)]


def _of_rows(frame: pl.DataFrame, evidence: Evidence | None) -> Iterator[Cell]:
    # Rounding removes what the order of a floating-point sum leaves, so that the order of rows changes nothing.
    means = [pl.col(f"p_{stance}").mean().round(12) for stance in STANCES]
    units = frame.group_by("value", "starts", "unit").agg(*means, posts=pl.len()).sort("value", "starts", "unit")
    known, texts = pl.col("digest").count(), pl.col("digest").drop_nulls().n_unique()
    repeated = pl.when(known > 0).then(1 - texts / known)
    digests = frame.group_by("value", "starts").agg(repeated.alias("repeated")).sort("value", "starts")
    posts = None
    if evidence is not None:
        joined = frame.join(evidence.labels, on="post_id", how="left", maintain_order="left").with_columns(
            label=pl.when(pl.col("asked").mean().over("value", "starts") >= COVERED).then("label")
        )
        posts = Posts.of(joined.sort("value", "starts", "unit", "post_id"))
    yield from _cut(units, posts, digests["repeated"].to_list())


def of_voices(opinions: pl.DataFrame, voices: Voices) -> pl.DataFrame:
    """The opinions that people, outlets or all have voiced."""
    if voices == "all":
        return opinions
    return opinions.filter(pl.col("voice") == ("person" if voices == "people" else "outlet"))


def unit(voices: Voices, group: Group) -> pl.Expr:
    """What counts once: an author, an outlet, or the single post where nobody is named."""
    post = pl.concat_str(pl.lit("p:"), pl.col("source"), pl.lit("/"), pl.col("native_id"))
    outlet = post if group == "source" and voices == "outlets" else pl.lit("o:") + pl.col("source")
    named = pl.col("author").fill_null("") != ""
    person = pl.when(named).then(pl.lit("a:") + pl.col("author")).otherwise(post)
    return pl.when(pl.col("voice") == "outlet").then(outlet).otherwise(person)


def _cut(units: pl.DataFrame, posts: Posts | None, repeated: list[float | None]) -> Iterator[Cell]:
    means = units.select(f"p_{stance}" for stance in STANCES).to_numpy().astype(np.float64)
    counts = units["posts"].cast(pl.Int64).to_numpy()
    ends = np.cumsum(counts)
    bounds = (
        units.with_row_index("row")
        .group_by("value", "starts", maintain_order=True)
        .agg(pl.col("row").first().alias("first"), pl.len().alias("n"), pl.col("posts").sum())
    )
    for copies, (value, starts, first, n, n_posts) in zip(repeated, bounds.iter_rows(), strict=True):
        rows = slice(first, first + n)
        told = value, starts, means[rows], n_posts, top_author_share(counts[rows]), copies
        if posts is None:
            yield Cell(*told)
            continue
        begin = int(ends[first] - counts[first])
        yield Cell(*told, *posts.cell(begin, begin + n_posts, means[rows], counts[rows]))
