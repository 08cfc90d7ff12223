"""Shares period by period and group by group: the trend that the monitor reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from analysis.periods import Days, is_complete, period_of
from analysis.shares.bootstrap import Floats, Resampling
from analysis.shares.diagnostics import design_effect, effective_authors
from analysis.shares.interval import StanceShare
from analysis.shares.probabilistic_count import insufficient, probabilistic_count
from storage.records import STANCES, Among, Period, Share, Stance, Voices

Group = Literal["all", "source", "language", "region"]
PERIOD_STARTS = {"day": "1d", "week": "1w", "month": "1mo"}
AMONG: tuple[Among, Among] = ("opinionated", "all")


@dataclass(frozen=True, slots=True)
class Cell:
    """The units (authors or outlets) of one group in one period: their mean probabilities, (units, 3)."""

    value: str
    starts: dt.date
    means: Floats
    n_posts: int

    @property
    def n_authors(self) -> int:
        """How many authors or outlets."""
        return int(self.means.shape[0])


def estimate_series(
    opinions: pl.DataFrame,
    *,
    target: str,
    model: str,
    by: Period,
    zone: ZoneInfo,
    horizon: Days,
    groups: Sequence[Group] = ("all",),
    voices: Sequence[Voices] = ("people",),
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    min_authors: int = 10,
) -> Iterator[Share]:
    """Shares of one target for every period, group, voice, among and stance that has posts.

    `opinions`: source, native_id, author, voice, posted_at (UTC), language, region, p_against,
    p_neutral, p_favor. The unit is the author for people (a post without one is its own), the source
    for outlets, and the single post where outlets are grouped by source. Cells of people with fewer
    than `min_authors` authors are suppressed: counts stay, numbers are None. `horizon`: the local
    days that data were collected for; a period that reaches beyond is incomplete. Empty group values
    are left out. The order of the rows of `opinions` changes nothing.
    """
    resampling = Resampling(confidence, draws, seed)
    for group in groups:
        for voice in voices:
            for cell in cells(opinions, by=by, zone=zone, group=group, voices=voice):
                period = period_of(cell.starts, by)
                complete = is_complete(period, horizon)
                for among in AMONG:
                    shares, method = estimate_cell(cell, voice, among, resampling, min_authors)
                    for stance, share in shares.items():
                        yield Share(
                            target=target,
                            by=by,
                            period=period,
                            starts=cell.starts,
                            group=group,
                            value=cell.value,
                            voices=voice,
                            among=among,
                            stance=stance,
                            model=model,
                            n_posts=cell.n_posts,
                            method=method,
                            complete=complete,
                            **figures(share, cell.n_authors),
                        )


def figures(share: StanceShare, n_authors: int) -> dict[str, Any]:
    """The fields of a Share that follow from an estimate without labels and the number of its authors."""
    n_eff = effective_authors(share, n_authors)
    return {
        "share": share.share,
        "low": share.low,
        "high": share.high,
        "n_authors": n_authors,
        "n_labels": 0,
        "n_eff": n_eff,
        "deff": None if n_eff is None else design_effect(n_eff, n_authors),
    }


def estimate_cell(
    cell: Cell, voices: Voices, among: Among, resampling: Resampling, min_authors: int
) -> tuple[dict[Stance, StanceShare], str]:
    """Shares by stance and the method: pcc, suppressed (privacy) or insufficient (nothing to estimate from)."""
    if voices != "outlets" and cell.n_authors < min_authors:
        return insufficient(among), "suppressed"
    shares = probabilistic_count(cell.means, among, resampling)
    return shares, "insufficient" if shares["against"].share is None else "pcc"


def cells(opinions: pl.DataFrame, *, by: Period, zone: ZoneInfo, group: Group, voices: Voices) -> Iterator[Cell]:
    """The units of every group value and period, in order of value and period."""
    if by not in PERIOD_STARTS:
        raise ValueError(f"by={by!r}: allowed are {', '.join(PERIOD_STARTS)}")
    frame = of_voices(opinions, voices).select(
        (pl.lit("") if group == "all" else pl.col(group).fill_null("")).alias("value"),
        pl.col("posted_at").dt.convert_time_zone(str(zone)).dt.date().dt.truncate(PERIOD_STARTS[by]).alias("starts"),
        unit(voices, group).alias("unit"),
        *(pl.col(f"p_{stance}") for stance in STANCES),
    )
    if group != "all":
        frame = frame.filter(pl.col("value") != "")
    # Rounding removes what the order of a floating-point sum leaves, so that the order of rows changes nothing.
    means = [pl.col(f"p_{stance}").mean().round(12) for stance in STANCES]
    units = frame.group_by("value", "starts", "unit").agg(*means, posts=pl.len()).sort("value", "starts", "unit")
    yield from _cut(units)


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


def _cut(units: pl.DataFrame) -> Iterator[Cell]:
    means = units.select(f"p_{stance}" for stance in STANCES).to_numpy().astype(np.float64)
    bounds = (
        units.with_row_index("row")
        .group_by("value", "starts", maintain_order=True)
        .agg(pl.col("row").first().alias("first"), pl.len().alias("n"), pl.col("posts").sum())
    )
    for value, starts, first, n, posts in bounds.iter_rows():
        yield Cell(value, starts, means[first : first + n], posts)
