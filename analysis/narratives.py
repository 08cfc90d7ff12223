"""The share of people who voice each narrative, period by period, among those who mention the target.

A person voices a narrative in a period who does so in at least one post: the unit of the shares of stances, read as
yes or no. The reading is taken as it stands (classify and count): the interval holds the error of sampling people, not
the error of reading, so a share is to be compared with itself over time rather than quoted as a level.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from analysis.cells import PERIOD_STARTS, of_voices, unit
from analysis.periods import Days, is_complete, period_of
from analysis.series import AMONG, figures
from analysis.shares.bootstrap import Floats, Resampling, ratio_shares
from analysis.shares.interval import StanceShare
from storage.records import STANCES, Among, Period, Share, Stance, Voices

GROUP = "narrative"


@dataclass(frozen=True, slots=True)
class Column:
    """One narrative as voiced in posts of one stance: what one row of the result tells."""

    narrative: str
    stance: Stance


@dataclass(frozen=True, slots=True)
class _Cell:
    """One period: whether each unit voices each column, (units, columns), and how many posts they wrote."""

    starts: dt.date
    voiced: Floats
    n_posts: int


def estimate_narratives(
    opinions: pl.DataFrame,
    narratives: Sequence[tuple[str, str]],
    *,
    target: str,
    model: str,
    by: Period,
    zone: ZoneInfo,
    horizon: Days,
    voices: Sequence[Voices] = ("people",),
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    min_authors: int = 10,
) -> Iterator[Share]:
    """Shares of one target's narratives for every period, voice and among that has posts: group `narrative`.

    `opinions`: source, native_id, author, voice, posted_at (UTC), stance, narratives (list of names). `narratives`:
    name and the stance that it goes with; one of `any` has a row for each stance. Among "all" the base is everybody who
    mentions the target, among "opinionated" those with at least one post that takes a stance. Shares of several
    narratives do not add up: a person may voice several. Periods in which fewer than `min_authors` people belong to
    the base are suppressed. Units, weeks and completeness are those of `analysis.series`.
    """
    resampling = Resampling(confidence, draws, seed)
    columns = [
        Column(name, stance) for name, goes_with in narratives for stance in STANCES if goes_with in ("any", stance)
    ]
    for voice in voices if columns else ():
        for among in AMONG:
            asked = [column for column in columns if among == "all" or column.stance != "neutral"]
            for cell in _cells(of_voices(opinions, voice), asked, by, zone, voice, among):
                shares, method = _estimate(cell.voiced, voice, resampling, min_authors)
                period = period_of(cell.starts, by)
                for column, share in zip(asked, shares, strict=True):
                    yield Share(
                        target=target,
                        by=by,
                        period=period,
                        starts=cell.starts,
                        group=GROUP,
                        value=column.narrative,
                        voices=voice,
                        among=among,
                        stance=column.stance,
                        model=model,
                        n_posts=cell.n_posts,
                        method=method,
                        complete=is_complete(period, horizon),
                        **figures(share, cell.voiced.shape[0]),
                    )


def _estimate(
    voiced: Floats, voices: Voices, resampling: Resampling, min_authors: int
) -> tuple[list[StanceShare], str]:
    """One share a column, and the method: cc, suppressed (privacy) or insufficient (fewer than two units)."""
    units, columns = voiced.shape
    if voices != "outlets" and units < min_authors:
        return [StanceShare.insufficient()] * columns, "suppressed"
    if units < 2:
        return [StanceShare.insufficient()] * columns, "insufficient"
    return ratio_shares(voiced, np.ones(units), resampling), "cc"


def _cells(
    opinions: pl.DataFrame, columns: Sequence[Column], by: Period, zone: ZoneInfo, voices: Voices, among: Among
) -> Iterator[_Cell]:
    voiced = [
        (pl.col("narratives").list.contains(column.narrative) & (pl.col("stance") == column.stance)).alias(str(number))
        for number, column in enumerate(columns)
    ]
    units = (
        opinions.select(
            pl.col("posted_at")
            .dt.convert_time_zone(str(zone))
            .dt.date()
            .dt.truncate(PERIOD_STARTS[by])
            .alias("starts"),
            unit(voices, "all").alias("unit"),
            (pl.col("stance") != "neutral").alias("opinionated"),
            *voiced,
        )
        .group_by("starts", "unit")
        .agg(pl.col("opinionated").any(), *(pl.col(str(n)).any() for n in range(len(columns))), posts=pl.len())
        .filter(pl.col("opinionated") | pl.lit(among == "all"))
        .sort("starts", "unit")
    )
    for part in units.partition_by("starts", maintain_order=True):
        matrix = part.select(str(n) for n in range(len(columns))).to_numpy().astype(np.float64)
        yield _Cell(part["starts"][0], matrix, int(part["posts"].sum()))
