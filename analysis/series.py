"""Shares period by period and group by group: the trend that the monitor reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from analysis.evidence import COVERED, Evidence, inside
from analysis.labelled_posts import Posts
from analysis.periods import Days, is_complete, period_of
from analysis.shares.audit import Audited
from analysis.shares.authors import Authors
from analysis.shares.bootstrap import Floats, Resampling
from analysis.shares.diagnostics import design_effect, effective_authors
from analysis.shares.drift import LEAST_AUTHORS
from analysis.shares.emq import emq, shifted
from analysis.shares.interval import StanceShare
from analysis.shares.ppi import ppi
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
    authors: Authors | None = None
    """The units with their posts, where more than their means was asked for."""
    audit: Audited | None = None
    """The labels of these posts, where there are any."""

    @property
    def n_authors(self) -> int:
        """How many authors or outlets."""
        return int(self.means.shape[0])


@dataclass(frozen=True, slots=True)
class Told:
    """The shares of a cell by stance, the method that gave them, and how many labels they rest on."""

    shares: dict[Stance, StanceShare]
    method: str
    n_labels: int = 0


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
    evidence: Evidence | None = None,
) -> Iterator[Share]:
    """Shares of one target for every period, group, voice, among and stance that has posts.

    `opinions`: source, native_id, author, voice, posted_at (UTC), language, region, p_against,
    p_neutral, p_favor. The unit is the author for people (a post without one is its own), the source
    for outlets, and the single post where outlets are grouped by source. Cells of people with fewer
    than `min_authors` authors are suppressed: counts stay, numbers are None. `evidence`: labels of people's
    posts; a cell of people in which 20 authors were labelled, and whose posts had a chance to be, is told by ppi++, the
    others by emq calibrated on all labels, and by pcc where there are too few for that. `horizon`: the local
    days that data were collected for; a period that reaches beyond is incomplete. Empty group values
    are left out. The order of the rows of `opinions` changes nothing.
    """
    resampling = Resampling(confidence, draws, seed)
    for group in groups:
        for voice in voices:
            # Labels are of people's posts: they say nothing of outlets, nor of both together.
            known = evidence if voice == "people" and evidence is not None and not evidence.empty else None
            for cell in cells(opinions, by=by, zone=zone, group=group, voices=voice, evidence=known):
                period = period_of(cell.starts, by)
                complete = is_complete(period, horizon)
                for among, told in tell(cell, voice, resampling, min_authors, known):
                    for stance, share in told.shares.items():
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
                            method=told.method,
                            complete=complete,
                            **figures(share, cell.n_authors, told.n_labels),
                        )


def tell(
    cell: Cell, voices: Voices, resampling: Resampling, min_authors: int, evidence: Evidence | None = None
) -> Iterator[tuple[Among, Told]]:
    """The shares of one cell among the opinionated and among all, by the best method that the evidence allows.

    Method: ppi++, emq or pcc; suppressed (privacy), drift (labels disagree with the model, which is all there is),
    or insufficient (nothing to estimate from).
    """
    if evidence is None or cell.authors is None or cell.n_authors < max(min_authors, 2):
        for among in AMONG:
            yield among, Told(*estimate_cell(cell, voices, among, resampling, min_authors))
        return
    audit = cell.audit if cell.audit is not None and cell.audit.n_clusters >= LEAST_AUTHORS else None
    found = None
    for among in AMONG:
        shares = insufficient(among) if audit is None else ppi(audit, among, resampling)
        if audit is not None and shares["against"].share is not None:
            yield among, Told(shares, "ppi++", int(audit.place.size))
        elif evidence.withheld(cell.starts):
            yield among, Told(insufficient(among), "drift")
        elif evidence.model.likelihood is None or evidence.model.sample is None:
            yield among, Told(*estimate_cell(cell, voices, among, resampling, min_authors))
        else:
            found = found or shifted(cell.authors, evidence.model.likelihood)
            shares = emq(cell.authors, evidence.model.likelihood, among, resampling, found)
            method = "insufficient" if shares["against"].share is None else "emq"
            yield among, Told(shares, method, evidence.model.sample.size)


def figures(share: StanceShare, n_authors: int, n_labels: int = 0) -> dict[str, Any]:
    """The fields of a Share that follow from an estimate, the number of its authors and that of its labels."""
    n_eff = effective_authors(share, n_authors)
    return {
        "share": share.share,
        "low": share.low,
        "high": share.high,
        "n_authors": n_authors,
        "n_labels": n_labels,
        "n_eff": n_eff,
        "deff": None if n_eff is None else design_effect(n_eff, n_authors),
    }


def estimate_cell(
    cell: Cell, voices: Voices, among: Among, resampling: Resampling, min_authors: int
) -> tuple[dict[Stance, StanceShare], str]:
    """Shares by stance without labels, and the method: pcc, suppressed (privacy) or insufficient (nothing there)."""
    if voices != "outlets" and cell.n_authors < min_authors:
        return insufficient(among), "suppressed"
    shares = probabilistic_count(cell.means, among, resampling)
    return shares, "insufficient" if shares["against"].share is None else "pcc"


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
    frame = of_voices(opinions, voices).select(_columns(value, starts, unit(voices, group), evidence))
    yield from _of_rows(frame if group == "all" else frame.filter(pl.col("value") != ""), evidence)


def window_cell(
    opinions: pl.DataFrame, first: dt.date, last: dt.date, zone: ZoneInfo, evidence: Evidence | None = None
) -> Cell:
    """The people of the local days from `first` to `last`, both included, as one cell, as `cells` makes them."""
    people = of_voices(opinions, "people").filter(_local_day(zone).is_between(first, last))
    frame = people.select(_columns(pl.lit(""), pl.lit(first), unit("people", "all"), evidence))
    return next(_of_rows(frame, evidence), Cell("", first, np.zeros((0, len(STANCES))), 0))


def _local_day(zone: ZoneInfo) -> pl.Expr:
    return pl.col("posted_at").dt.convert_time_zone(str(zone)).dt.date()


def _columns(value: pl.Expr, starts: pl.Expr, who: pl.Expr, evidence: Evidence | None) -> list[pl.Expr]:
    named = [value.alias("value"), starts.alias("starts"), who.alias("unit")]
    if evidence is not None:
        post = pl.concat_str("source", pl.lit("/"), "native_id").alias("post_id")
        named += [post, inside(evidence.windows).alias("asked")]
    return [*named, *(pl.col(f"p_{stance}") for stance in STANCES)]


def _of_rows(frame: pl.DataFrame, evidence: Evidence | None) -> Iterator[Cell]:
    # Rounding removes what the order of a floating-point sum leaves, so that the order of rows changes nothing.
    means = [pl.col(f"p_{stance}").mean().round(12) for stance in STANCES]
    units = frame.group_by("value", "starts", "unit").agg(*means, posts=pl.len()).sort("value", "starts", "unit")
    posts = None
    if evidence is not None:
        joined = frame.join(evidence.labels, on="post_id", how="left", maintain_order="left").with_columns(
            label=pl.when(pl.col("asked").mean().over("value", "starts") >= COVERED).then("label")
        )
        posts = Posts.of(joined.sort("value", "starts", "unit", "post_id"))
    yield from _cut(units, posts)


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


def _cut(units: pl.DataFrame, posts: Posts | None) -> Iterator[Cell]:
    means = units.select(f"p_{stance}" for stance in STANCES).to_numpy().astype(np.float64)
    counts = units["posts"].cast(pl.Int64).to_numpy()
    ends = np.cumsum(counts)
    bounds = (
        units.with_row_index("row")
        .group_by("value", "starts", maintain_order=True)
        .agg(pl.col("row").first().alias("first"), pl.len().alias("n"), pl.col("posts").sum())
    )
    for value, starts, first, n, n_posts in bounds.iter_rows():
        rows = slice(first, first + n)
        if posts is None:
            yield Cell(value, starts, means[rows], n_posts)
            continue
        begin = int(ends[first] - counts[first])
        authors, audit = posts.cell(begin, begin + n_posts, means[rows], counts[rows])
        yield Cell(value, starts, means[rows], n_posts, authors, audit)
