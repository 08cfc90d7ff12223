"""Shares period by period and group by group: the trend that the monitor reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from analysis.cells import Cell, Group, cells
from analysis.evidence import Evidence
from analysis.periods import Days, is_complete, period_of
from analysis.shares.bootstrap import Resampling
from analysis.shares.diagnostics import design_effect, effective_authors
from analysis.shares.drift import LEAST_AUTHORS
from analysis.shares.emq import emq, shifted
from analysis.shares.interval import StanceShare
from analysis.shares.ppi import ppi
from analysis.shares.probabilistic_count import insufficient, probabilistic_count
from storage.records import Among, Period, Share, Stance, Voices

AMONG: tuple[Among, Among] = ("opinionated", "all")


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
                concentration: dict[str, Any] = {
                    "top_author_share": cell.top_author_share,
                    "near_duplicate_share": cell.near_duplicate_share,
                }
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
                            **({} if told.method == "suppressed" else concentration),
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
