"""The monitor's share minus a poll's, with an interval that contains the errors of both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from scipy.stats import norm

from analysis.polls.voiced import AGREE, voiced_share
from analysis.series import Cell, estimate_cell, of_voices, unit
from analysis.shares.bootstrap import Resampling
from analysis.shares.diagnostics import effective_authors
from analysis.shares.interval import StanceShare
from storage.records import STANCES, Among, Comparison, Poll

_ASSUMED_N = 1000
_MARGIN_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class PollError:
    """What a poll's published share is off by, as a standard error.

    `design_effect` multiplies the sampling variance (weighting, clustering); `nonsampling` is the
    standard deviation, as a fraction, of all that the margin of error leaves out: 3.5 points of
    total error is the finding of Shirani-Mehr et al. (2018) for election polls.
    """

    design_effect: float = 1.5
    nonsampling: float = 0.035

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
) -> Iterator[Comparison]:
    """One comparison for each poll of `target` and each stance that it published, polls in the order given.

    `opinions`: the columns of estimate_series, covering the polls' field dates; people's posts of the
    local days from `starts` to `ends`, both included, are compared. A poll that gives only against and
    favor, summing to 1, is compared among the opinionated, any other among all who mention the target.
    The interval contains the monitor's error, the poll's sampling error and its non-sampling error,
    taken as independent and normal. The verdict is "insufficient", with its reason, where there are
    fewer than `min_authors` authors or `min_effective_n` effective ones. A question about a narrative is
    compared by its answer `agree` with the share of people who voice it (column narratives). Nobody
    knows how people who write differ from people who are polled: a difference is a
    finding about both (docs/methods/polls.md).
    """
    errors = poll_error or PollError()
    resampling = Resampling(confidence, draws, seed)
    people = of_voices(opinions, "people").with_columns(
        day=pl.col("posted_at").dt.convert_time_zone(str(zone)).dt.date()
    )
    for poll in polls:
        if poll.target != target:
            continue
        stances = [stance for stance in STANCES if stance in poll.shares]
        if poll.narrative or not stances:
            yield _narrative(poll, people, model, confidence, min_authors, min_effective_n, errors)
            continue
        cell = _field_cell(people, poll.starts, poll.ends)
        among = among_of(poll)
        shares, _ = estimate_cell(cell, "people", among, resampling, min_authors)
        for stance in stances:
            n, assumed = respondents(poll)
            told = shares.get(stance, StanceShare.insufficient())
            reason = _lacking(told, cell.n_authors, cell.n_posts, min_authors, min_effective_n)
            if reason:
                yield _insufficient(poll, stance, stance, model, reason, told, cell.n_authors)
                continue
            spread = errors.standard_error(poll.shares[stance], n)
            reason = f"among {among}{assumed}"
            yield _compared(poll, stance, stance, model, told, cell.n_authors, spread, confidence, reason)


def among_of(poll: Poll) -> Among:
    """Whom a poll's shares are shares of: all respondents, unless only the two sides are given and sum to 1."""
    sides = poll.shares.get("against", 0.0) + poll.shares.get("favor", 0.0)
    return "opinionated" if "neutral" not in poll.shares and sides >= 0.98 else "all"


def respondents(poll: Poll) -> tuple[float, str]:
    """Sample size as published, else the one that the margin (95%, at a share of one half) implies, else 1,000."""
    if poll.n:
        return float(poll.n), ""
    if poll.margin:
        quantile = float(norm.isf((1 - _MARGIN_CONFIDENCE) / 2))
        return max(1.0, 0.25 * (quantile / poll.margin) ** 2), "; poll's n derived from its margin"
    return float(_ASSUMED_N), f"; poll's n not published, {_ASSUMED_N:,} assumed"


def _field_cell(people: pl.DataFrame, first: dt.date, last: dt.date) -> Cell:
    posts = people.filter(pl.col("day").is_between(first, last))
    means = [pl.col(f"p_{stance}").mean().round(12) for stance in STANCES]
    units = posts.group_by(unit("people", "all").alias("unit")).agg(means).sort("unit")
    columns = units.select(f"p_{stance}" for stance in STANCES).to_numpy().astype(np.float64)
    return Cell("", first, columns, posts.height)


def _lacking(told: StanceShare, n_authors: int, n_posts: int, min_authors: int, min_effective_n: float) -> str:
    """Why this share cannot stand beside a poll; "" where it can. No author counts for more than one effective one."""
    if n_posts == 0:
        return "no posts of people in the field dates"
    if n_authors < min_authors:
        return f"suppressed: {n_authors} authors in the field dates, at least {min_authors} are needed"
    n_eff = effective_authors(told, n_authors)
    if n_eff is None:
        return f"nobody of {n_authors} authors expresses a stance"
    if min(n_eff, n_authors) < min_effective_n:
        return f"effective n {min(n_eff, n_authors):.0f}, at least {min_effective_n:g} is needed"
    return ""


def _compared(
    poll: Poll,
    stance: str,
    answer: str,
    model: str,
    told: StanceShare,
    n_authors: int,
    poll_spread: float,
    confidence: float,
    reason: str,
) -> Comparison:
    assert told.share is not None
    assert told.low is not None
    assert told.high is not None
    quantile = float(norm.isf((1 - confidence) / 2))
    # A unanimous sample has no standard error; the width of its interval stands in.
    own = told.standard_error or (told.high - told.low) / (2 * quantile)
    spread = sqrt(own**2 + poll_spread**2)
    difference = told.share - poll.shares[answer]
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
        poll_share=poll.shares[answer],
        difference=difference,
        low=low,
        high=high,
        p_above=float(norm.cdf(difference / spread)),
        n_authors=n_authors,
        n_eff=effective_authors(told, n_authors),
        verdict=verdict,
        reason=reason,
    )


def _insufficient(
    poll: Poll, stance: str, answer: str, model: str, reason: str, told: StanceShare, n_authors: int
) -> Comparison:
    return Comparison(
        poll=poll.poll,
        target=poll.target,
        stance=stance,
        starts=poll.starts,
        ends=poll.ends,
        model=model,
        monitor_share=told.share,
        poll_share=poll.shares[answer],
        difference=None,
        low=None,
        high=None,
        p_above=None,
        n_authors=n_authors,
        n_eff=effective_authors(told, n_authors),
        verdict="insufficient",
        reason=reason,
    )


def _narrative(
    poll: Poll,
    people: pl.DataFrame,
    model: str,
    confidence: float,
    min_authors: int,
    min_effective_n: float,
    errors: PollError,
) -> Comparison:
    """The row of a question about a narrative: those who voice it beside those who agree; or why it has none."""
    answer = AGREE if AGREE in poll.shares else next(iter(poll.shares))
    name = f"{poll.narrative}={answer}" if poll.narrative else answer
    posts = people.filter(pl.col("day").is_between(poll.starts, poll.ends))
    if not poll.narrative or answer != AGREE or "narratives" not in posts.columns:
        about = f"the narrative {poll.narrative}" if poll.narrative else "something other than a stance"
        reason = f"the poll asks about {about}, and nothing was read that answers it"
        return _insufficient(poll, name, answer, model, reason, StanceShare.insufficient(), 0)
    told, n_authors = voiced_share(posts, poll.narrative, confidence, min_authors)
    reason = _lacking(told, n_authors, posts.height, min_authors, min_effective_n)
    if reason:
        return _insufficient(poll, name, answer, model, reason, told, n_authors)
    n, assumed = respondents(poll)
    spread = errors.standard_error(poll.shares[answer], n)
    reason = f"those who voice the narrative, beside those who agree with it{assumed}"
    return _compared(poll, name, answer, model, told, n_authors, spread, confidence, reason)
