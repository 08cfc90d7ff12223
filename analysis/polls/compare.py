"""The monitor's share minus a poll's, with an interval that contains the errors of both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from scipy.special import ndtr, ndtri

from analysis.cells import Cell, of_voices, unit, window_cell
from analysis.comparable import among_of
from analysis.evidence import Evidence
from analysis.polls.equivalence import MARGIN
from analysis.series import tell
from analysis.shares.bootstrap import Resampling, ratio_shares
from analysis.shares.diagnostics import effective_authors
from analysis.shares.interval import StanceShare
from storage.records import STANCES, Comparison, Poll

_ASSUMED_N = 1000
_READ = "cc"
"""Narratives are counted as they were read."""
_MARGIN_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class PollError:
    """What a poll's published share is off by, as a standard error.

    `design_effect` multiplies the sampling variance (weighting, clustering); `nonsampling` is the standard deviation,
    as a fraction, of all that the margin of error leaves out: 3.5 points of total error is the finding of Shirani-Mehr
    et al. (2018) for election polls. `persistent` is the part of its variance that polls of one question share: they
    find an average absolute bias of 2 points common to the polls of an election, which is a root mean square of 2.5 and
    half of 3.5 squared. It drops out of changes, and no house effect can be free of it.
    """

    design_effect: float = 1.5
    nonsampling: float = 0.035
    persistent: float = 0.5

    @property
    def shared_variance(self) -> float:
        """The variance, of a fraction, that all polls of a question have in common."""
        return self.persistent * self.nonsampling**2

    def standard_error(self, share: float, n: float) -> float:
        """Of a published share in [0, 1] among `n` respondents; never zero, also for a share of 0 or 1."""
        inside = min(max(share, 0.5 / n), 1 - 0.5 / n)
        return sqrt(self.design_effect * inside * (1 - inside) / n + self.nonsampling**2)


def compare(
    polls: Iterable[Poll],
    opinions: pl.DataFrame,
    *,
    target: str,
    model: str,
    zone: ZoneInfo,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    min_authors: int = 10,
    min_effective_n: float = 50,
    poll_error: PollError | None = None,
    evidence: Evidence | None = None,
) -> Iterator[Comparison]:
    """One comparison for each poll of `target` and each stance that it published, polls in the order given.

    `opinions`: the columns of estimate_series, covering the polls' field dates; people's posts of the local days from
    `starts` to `ends`, both included, are compared. A poll that gives only against and favor, summing to 1, is compared
    among the opinionated, any other among all who mention the target. The share of the field dates is told by the best
    method that `evidence` allows, as that of a period is (`analysis.series.tell`). The interval contains the monitor's
    error, the poll's sampling error and its non-sampling error, taken as independent and normal. The verdict is
    "insufficient", with its reason, where there are fewer than `min_authors` authors or `min_effective_n` effective
    ones, or where labels disagree with the model. A question about a narrative is compared with the people who voice it
    (`opinions` then has a column narratives). Nobody knows how people who write differ from people who are polled: a
    difference is a finding about both (docs/methods/polls.md).
    """
    errors = poll_error or PollError()
    resampling = Resampling(confidence, draws, seed)
    people = of_voices(opinions, "people").with_columns(
        day=pl.col("posted_at").dt.convert_time_zone(str(zone)).dt.date()
    )
    known = None if evidence is None or evidence.empty else evidence
    for poll in polls:
        if poll.target != target:
            continue
        stances = [stance for stance in STANCES if stance in poll.shares]
        if poll.narrative:
            yield _narrative(poll, people, model, errors, resampling, min_authors, min_effective_n)
            continue
        if not stances:
            yield _incomparable(poll, model)
            continue
        cell = window_cell(people, poll.starts, poll.ends, zone, known)
        among = among_of(poll)
        found = dict(tell(cell, "people", resampling, min_authors, known))[among]
        basis = f", by {found.method} from {found.n_labels} labels" if found.n_labels else f", by {found.method}"
        for stance in stances:
            n, assumed = respondents(poll)
            told = found.shares.get(stance, StanceShare.insufficient())
            reason = _lacking(told, cell, min_authors, min_effective_n, found.method)
            if reason:
                yield _insufficient(poll, stance, model, reason, told, cell.n_authors, found.method)
                continue
            spread, why = errors.standard_error(poll.shares[stance], n), f"among {among}{basis}{assumed}"
            yield _compared(poll, stance, model, told, cell.n_authors, spread, confidence, why, found.method)


def respondents(poll: Poll) -> tuple[float, str]:
    """Sample size as published, else the one that the margin (95%, at a share of one half) implies, else 1,000."""
    if poll.n:
        return float(poll.n), ""
    if poll.margin:
        quantile = -float(ndtri((1 - _MARGIN_CONFIDENCE) / 2))
        return max(1.0, 0.25 * (quantile / poll.margin) ** 2), "; poll's n derived from its margin"
    return float(_ASSUMED_N), f"; poll's n not published, {_ASSUMED_N:,} assumed"


def _lacking(told: StanceShare, cell: Cell, min_authors: int, min_effective_n: float, method: str) -> str:
    """Why this share cannot stand beside a poll; "" where it can. No author counts for more than one effective one."""
    if cell.n_posts == 0:
        return "no posts of people in the field dates"
    if cell.n_authors < min_authors:
        return f"suppressed: {cell.n_authors} authors in the field dates, at least {min_authors} are needed"
    if method == "drift":
        return "drift alarm: labels disagree with the model, and too few people of the field dates were labelled"
    n_eff = effective_authors(told, cell.n_authors)
    if n_eff is None:
        return f"nobody of {cell.n_authors} authors expresses a stance"
    if min(n_eff, cell.n_authors) < min_effective_n:
        return f"effective n {min(n_eff, cell.n_authors):.0f}, at least {min_effective_n:g} is needed"
    return ""


def _compared(
    poll: Poll,
    stance: str,
    model: str,
    told: StanceShare,
    n_authors: int,
    poll_spread: float,
    confidence: float,
    reason: str,
    method: str,
) -> Comparison:
    assert told.share is not None
    assert told.low is not None
    assert told.high is not None
    quantile = -float(ndtri((1 - confidence) / 2))
    # The interval rather than the standard error: it holds what few labels and unanimous authors leave open.
    spread = sqrt(((told.high - told.low) / (2 * quantile)) ** 2 + poll_spread**2)
    difference = told.share - poll.shares[stance]
    low, high = max(-1.0, difference - quantile * spread), min(1.0, difference + quantile * spread)
    verdict: Literal["above", "below", "consistent"] = "above" if low > 0 else "below" if high < 0 else "consistent"
    return Comparison(
        poll=poll.poll,
        target=poll.target,
        stance=stance,
        starts=poll.starts,
        ends=poll.ends,
        model=model,
        monitor_share=told.share,
        poll_share=poll.shares[stance],
        difference=difference,
        low=low,
        high=high,
        p_above=float(ndtr(difference / spread)),
        p_equivalent=float(ndtr((MARGIN - difference) / spread) - ndtr((-MARGIN - difference) / spread)),
        n_authors=n_authors,
        n_eff=effective_authors(told, n_authors),
        verdict=verdict,
        method=method,
        reason=reason,
    )


def _insufficient(
    poll: Poll, stance: str, model: str, reason: str, told: StanceShare, n_authors: int, method: str = "insufficient"
) -> Comparison:
    return Comparison(
        poll=poll.poll,
        target=poll.target,
        stance=stance,
        starts=poll.starts,
        ends=poll.ends,
        model=model,
        monitor_share=told.share,
        poll_share=poll.shares[stance],
        difference=None,
        low=None,
        high=None,
        p_above=None,
        n_authors=n_authors,
        n_eff=effective_authors(told, n_authors),
        verdict="insufficient",
        method=method,
        reason=reason,
    )


def _incomparable(poll: Poll, model: str) -> Comparison:
    """One row for a question that asks about neither a stance nor a narrative."""
    reason = "the poll asks about something other than a stance; give the narrative it asks about, if there is one"
    return _insufficient(poll, next(iter(poll.shares)), model, reason, StanceShare.insufficient(), 0)


def _narrative(
    poll: Poll,
    people: pl.DataFrame,
    model: str,
    errors: PollError,
    resampling: Resampling,
    min_authors: int,
    min_effective_n: float,
) -> Comparison:
    """The answer that agrees beside the people who voice the narrative in the field dates.

    Of everybody who mentions the target: people who hold the view and do not say it are not counted, so that the level
    lies below a poll's by nature; its house effect is large, its changes count.
    """
    answer = next((one for one in ("agree", "yes") if one in poll.shares), "")
    posts = people.filter(pl.col("day").is_between(poll.starts, poll.ends))
    if not answer or "narratives" not in people.columns:
        reason = f"the poll asks about the narrative {poll.narrative}, and " + (
            "the opinions at hand have no narratives" if answer else "none of its answers is agree or yes"
        )
        lacking = _insufficient(poll, answer or next(iter(poll.shares)), model, reason, StanceShare.insufficient(), 0)
        return replace(lacking, narrative=poll.narrative)
    voiced = pl.col("narratives").list.contains(poll.narrative).fill_null(False).any()
    units = posts.group_by(unit("people", "all").alias("unit")).agg(voiced.alias("voiced")).sort("unit")
    told = StanceShare.insufficient()
    if units.height >= max(min_authors, 2):
        matrix = units.select("voiced").to_numpy().astype(np.float64)
        told = ratio_shares(matrix, np.ones(units.height), resampling)[0]
    cell = Cell("", poll.starts, np.zeros((units.height, 3)), posts.height)
    reason = _lacking(told, cell, min_authors, min_effective_n, _READ)
    if reason:
        return replace(_insufficient(poll, answer, model, reason, told, units.height), narrative=poll.narrative)
    n, assumed = respondents(poll)
    spread = errors.standard_error(poll.shares[answer], n)
    why = f"among all who mention the target; errors of reading narratives are not in the interval{assumed}"
    found = _compared(poll, answer, model, told, units.height, spread, resampling.confidence, why, _READ)
    return replace(found, narrative=poll.narrative)
