"""Sources that give less than they should, put together from their volumes, gaps and last readings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl

from alerts.posts import excerpt
from storage.records import SourceState

Trouble = Literal["unavailable", "failed", "silent", "fell", "gaps"]
TROUBLES: tuple[Trouble, ...] = ("unavailable", "failed", "silent", "fell", "gaps")
"""The graver first: an outage that is several things is called by the first of them."""
LEAST_MISSING = 10
_USUAL_DAYS = 28
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outage:
    """One source gave less than it should on the local days from `first` to `last`, both included.

    `observed` and `expected`: its posts on these days and how many there should have been (0.0 where too little of it
    is known). `lasts`: it still did on the last day that can be judged. `detail`: what the collector said.
    """

    source: str
    trouble: Trouble
    first: dt.date
    last: dt.date
    observed: float
    expected: float
    lasts: bool
    detail: str = ""


def find_outages(
    judged: pl.DataFrame,
    missing: Mapping[tuple[str, dt.date], int],
    states: Iterable[SourceState],
    *,
    missing_share: float,
    yesterday: dt.date,
    zone: ZoneInfo,
) -> list[Outage]:
    """Every outage of every source, by source and day.

    `judged`: as `analysis.volumes.judge_volumes` gives it. `missing`: how many message ids were never shown, by source
    and day. `states`: how the last reading of each watched source ended; one that failed makes every day since the last
    whole reading, up to `yesterday`, incomplete. A day has gaps where the missing part of its messages is larger by
    `missing_share` than on the source's usual day (the median of the four weeks before; in its first week, of all its
    days) and is at least ten.
    """
    days = dict(_low_days(judged))
    for source, day in _gap_days(judged, missing, missing_share):
        days.setdefault((source, day), "gaps")
    ends: dict[str, dt.date] = dict(judged.group_by("source").agg(pl.col("day").max()).iter_rows())
    details: dict[str, str] = {}
    for state in states:
        if state.state in ("unavailable", "failed"):
            trouble: Trouble = "unavailable" if state.state == "unavailable" else "failed"
            for day in _days_since(state, ends.get(state.source), yesterday, zone):
                days[state.source, day] = trouble
            ends[state.source] = max(ends.get(state.source, yesterday), yesterday)
            details[state.source] = excerpt(state.reason, 160)
    volumes = {(source, day): (posts, expected) for source, day, posts, expected, _ in judged.iter_rows()}
    usual = dict(
        judged.drop_nulls("expected").sort("day").group_by("source").agg(pl.col("expected").last()).iter_rows()
    )
    made = [_outage(run, days, volumes, usual) for run in _runs(sorted(days))]
    return [
        replace(
            one,
            lasts=one.last >= ends.get(one.source, one.last),
            detail=details.get(one.source, "") if one.trouble in ("unavailable", "failed") else "",
        )
        for one in made
    ]


def volume_series(judged: pl.DataFrame, outage: Outage) -> list[dict[str, Any]]:
    """What the chart of an outage shows: the source's posts and what was expected, 60 days before it to its end."""
    first = outage.first - dt.timedelta(days=60)
    own = judged.filter((pl.col("source") == outage.source) & pl.col("day").is_between(first, outage.last)).sort("day")
    return [
        {
            "time": day.isoformat(),
            "observed": posts,
            "expected": None if expected is None else round(expected, 1),
            "upper": None if expected is None else round(expected, 1),
            "alert": day >= outage.first,
        }
        for _, day, posts, expected, _ in own.iter_rows()
    ]


def incomplete_days(outages: Iterable[Outage]) -> dict[str, set[dt.date]]:
    """The local days on which each source was out."""
    days: dict[str, set[dt.date]] = {}
    for one in outages:
        span = range((one.last - one.first).days + 1)
        days.setdefault(one.source, set()).update(one.first + n * _DAY for n in span)
    return days


def suspects(incomplete: Mapping[str, Collection[dt.date]], first: dt.date, last: dt.date) -> frozenset[str]:
    """The sources that were out in the local days from `first` - 28 to `last`: a spike there may be of their making."""
    return frozenset(
        source for source, days in incomplete.items() if any(first - _USUAL_DAYS * _DAY <= day <= last for day in days)
    )


def _low_days(judged: pl.DataFrame) -> Iterator[tuple[tuple[str, dt.date], Trouble]]:
    for source, day, posts in judged.filter("low").select("source", "day", "posts").iter_rows():
        yield (source, day), "silent" if posts == 0 else "fell"


def _gap_days(
    judged: pl.DataFrame, missing: Mapping[tuple[str, dt.date], int], missing_share: float
) -> Iterator[tuple[str, dt.date]]:
    for (source,), rows in judged.sort("source", "day").group_by("source", maintain_order=True):
        lost = [missing.get((str(source), day), 0) for day in rows["day"]]
        if max(lost, default=0) < LEAST_MISSING:
            continue
        share = rows.select(lost=pl.Series(lost, dtype=pl.Float64), day="day", posts="posts").with_columns(
            share=(pl.col("lost") / (pl.col("lost") + pl.col("posts"))).fill_nan(0.0)
        )
        before = pl.col("share").shift(1).rolling_median(_USUAL_DAYS, min_samples=7)
        usual = before.fill_null(pl.col("share").median())
        flagged = share.filter((pl.col("share") - usual >= missing_share) & (pl.col("lost") >= LEAST_MISSING))
        yield from ((str(source), day) for day in flagged["day"])


def _days_since(state: SourceState, newest: dt.date | None, yesterday: dt.date, zone: ZoneInfo) -> list[dt.date]:
    """The days that were not read: since the last whole reading, else since the source's newest post."""
    read = state.complete_at.astimezone(zone).date() if state.complete_at else newest
    first = min(read or yesterday, yesterday)
    return [first + n * _DAY for n in range((yesterday - first).days + 1)]


def _runs(places: Iterable[tuple[str, dt.date]]) -> Iterator[list[tuple[str, dt.date]]]:
    """Consecutive days of one source together."""
    run: list[tuple[str, dt.date]] = []
    for source, day in places:
        if run and (run[-1][0] != source or day - run[-1][1] > _DAY):
            yield run
            run = []
        run.append((source, day))
    if run:
        yield run


def _outage(
    run: list[tuple[str, dt.date]],
    days: Mapping[tuple[str, dt.date], Trouble],
    volumes: Mapping[tuple[str, dt.date], tuple[float, float | None]],
    usual: Mapping[str, float],
) -> Outage:
    source = run[0][0]
    known = [volumes.get(place, (0.0, None)) for place in run]
    expected = sum(usual.get(source, 0.0) if one is None else one for _, one in known)
    return Outage(
        source=source,
        trouble=min((days[place] for place in run), key=TROUBLES.index),
        first=run[0][1],
        last=run[-1][1],
        observed=sum(posts for posts, _ in known),
        expected=round(expected, 1),
        lasts=False,
    )
