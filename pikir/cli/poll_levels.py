"""The rows of `pikir polls --now` and `--lead-lag`: each question beside the smoothed weekly shares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import polars as pl

from analysis.comparable import among_of
from analysis.periods import period_of
from analysis.polls import PollError, by_question, lead_lag, standing
from analysis.trends import Smoothing, smooth_shares
from storage.current import latest_model
from storage.polls import comparison_frame
from storage.polls import polls as stored_polls
from storage.records import STANCES, Comparison, Poll
from storage.shares import share_frame

if TYPE_CHECKING:
    from configs.settings import Settings
    from storage.database import Database

LEAD_COLUMNS = [
    "target", "question", "stance", "polls", "weeks", "weeks_low", "weeks_high", "correlation", "low", "high",
    "p_placebo", "reason",
]  # fmt: skip
NOW_COLUMNS = [
    "target", "question", "stance", "last_poll", "poll_ends", "poll_share", "period", "level", "level_low",
    "level_high", "house", "house_polls", "adjusted", "adjusted_low", "adjusted_high", "reason",
]  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    """The polls of one question in order, one of their stances, and all smoothed series of the same base."""

    polls: list[Poll]
    stance: str
    weekly: pl.DataFrame
    levels: dict[str, Smoothing]


def lead_rows(database: Database, settings: Settings, target: str | None) -> list[dict[str, Any]]:
    """One row for each question and stance, with the columns of `LEAD_COLUMNS`."""
    rows = []
    for one in _asked(database, settings, target):
        weeks = one.weekly["starts"].unique().sort().to_list()
        told = [(poll.starts + (poll.ends - poll.starts) / 2, poll.shares[one.stance]) for poll in one.polls]
        series = {other.id: _series(one, other.id, weeks) for other in settings.targets}
        poll = one.polls[0]
        own = series.pop(poll.target)
        rows.append(asdict(lead_lag(poll.target, one.stance, told, weeks, own, series, question=poll.question)))
    return rows


def now_rows(database: Database, settings: Settings, target: str | None) -> list[dict[str, Any]]:
    """One row for each question and stance that the monitor has a level of, with the columns of `NOW_COLUMNS`."""
    estimate = settings.monitor.estimate
    errors = PollError(estimate.poll_design_effect, estimate.poll_nonsampling_error)
    with database.read() as c:
        compared = [Comparison(**row) for row in comparison_frame(c, target).iter_rows(named=True)]
    known = {(one.poll, one.stance): one for one in compared}
    rows = []
    for one in _asked(database, settings, target):
        beside = [known[poll.poll, one.stance] for poll in one.polls if (poll.poll, one.stance) in known]
        smoothed = one.levels.get(one.polls[0].target)
        if beside and smoothed is not None:
            place, level = smoothed.last, smoothed.level
            found = standing(
                one.polls[0].question,
                beside,
                period_of(smoothed.starts[place], smoothed.by),
                float(level.mean[place, 0]),
                sqrt(level.variance[place, 0]),
                confidence=estimate.confidence,
                poll_error=errors,
            )
            rows.append(asdict(found))
    return rows


def _asked(database: Database, settings: Settings, target: str | None) -> Iterator[_Asked]:
    with database.read() as c:
        # How many voice a narrative depends on how long one listens: a week is not comparable with a poll's field time.
        asked = by_question(poll for poll in stored_polls(c, target) if not poll.narrative)
        frame = share_frame(c, by="week", group="all", among=None, model=latest_model(c) or "")
    weekly, levels = smooth_shares(frame, "week", settings.monitor.estimate.confidence)
    for members in asked.values() if levels else ():
        base = among_of(members[0])
        for stance in (one for one in STANCES if one in members[0].shares):
            same = {one.key[0]: one for one in levels if (one.key[4], one.key[5]) == (base, stance)}
            yield _Asked(members, stance, weekly.filter(among=base, stance=stance), same)


def _series(one: _Asked, target: str, weeks: list[Any]) -> Any:
    """The smoothed share by week, NaN where there is none."""
    series = one.weekly.filter(target=target).select("starts", "smoothed")
    joined = pl.DataFrame({"starts": weeks}).join(series, on="starts", how="left").sort("starts")
    return joined["smoothed"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
