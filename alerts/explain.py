"""What is cheaply known about a spike: how large, where it comes from, and which event and poll are nearest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import polars as pl

from alerts.counting import Split, voice_counts
from alerts.windows import first_day, hour_of, last_day
from configs.settings import EventSettings, PollSettings
from storage.records import Alert, Source

BASELINE_DAYS = 28
EVENT_DAYS = 7
_MOST = 5
_RISE, _LEAST_VOICES = 1.64, 2

Dimension = Literal["source", "language"]


def explain(
    alert: Alert,
    opinions: pl.DataFrame,
    *,
    zone: ZoneInfo,
    events: Iterable[EventSettings] = (),
    polls: Iterable[PollSettings] = (),
    simulated: Collection[str] = (),
    posts: Mapping[str, Any] | None = None,
) -> Alert:
    """The alert with its explanation: plain values that JSON holds.

    `opinions` are those of the alert's target, from at least `BASELINE_DAYS` days before its window.
    `simulated` names the sources whose posts are simulated; `posts`: what `alerts.posts.describe_posts` says. Keys:
    times_expected (None where nothing was expected), by_source and by_language (see `contributions`), by_narrative (see
    `risen_narratives`), event and poll (None where there is none near), simulated, those of `posts`, and what the alert
    brought along.
    """
    day = first_day(alert)
    within = opinions if alert.group == "all" else opinions.filter(pl.col(alert.group) == alert.value)
    by = {f"by_{name}": contributions(alert, within, name, zone) for name in get_args(Dimension)}
    return replace(
        alert,
        explanation={
            **alert.explanation,
            "times_expected": round(alert.observed / alert.expected, 2) if alert.expected > 0 else None,
            **by,
            "by_narrative": risen_narratives(alert, within, zone),
            "event": nearest_event(alert.target, day, events),
            "poll": nearest_poll(alert.target, day, polls),
            "simulated": any(row["value"] in simulated for row in by["by_source"]),
            **(posts or {}),
        },
    )


def contributions(alert: Alert, opinions: pl.DataFrame, dimension: Dimension, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Where the excess comes from: the five largest rows of value, observed, expected, share_of_excess.

    The alert's expected count is split as the counts of the `BASELINE_DAYS` days before were; what a value shows
    beyond its part is its excess, and the shares of all values add up to 1 (a share below 0: it fell meanwhile).
    A person who wrote in two sources counts in both. It tells where the posts are, not why.
    """
    table = _window_and_before(alert, opinions, dimension, zone)
    known = int(table["before"].sum())
    part = pl.col("before") / known if known else pl.lit(0.0)
    table = table.with_columns(expected=part * alert.expected).filter((pl.col("observed") > 0) | (pl.col("before") > 0))
    excess = pl.col("observed") - pl.col("expected")
    whole = float(table.select(excess.sum()).item() or 0.0)
    if whole <= 0:
        return []
    table = table.with_columns(share_of_excess=excess / whole).sort(
        ["share_of_excess", "value"], descending=[True, False]
    )
    return [
        {
            "value": row["value"],
            "observed": int(row["observed"]),
            "expected": round(row["expected"], 2),
            "share_of_excess": round(row["share_of_excess"], 4),
        }
        for row in table.head(_MOST).iter_rows(named=True)
    ]


def risen_narratives(alert: Alert, opinions: pl.DataFrame, zone: ZoneInfo) -> list[dict[str, Any]]:
    """What was voiced more than before: up to five rows of value, observed, share, share_before, share_of_excess.

    The shares are of the voices that the alert counted, in its window and in the `BASELINE_DAYS` days before; only a
    rise by `_RISE` standard errors in two voices and more is told, the largest first. `share_of_excess` is the part
    of the alert's excess that is beyond the narrative's usual share of what was expected; these do not add up, because
    a voice may have several narratives or none. It is what the model read, not a cause.
    """
    voiced = opinions.with_columns(narrative="narratives").explode("narrative").filter(pl.col("narrative") != "")
    table = _window_and_before(alert, voiced, "narrative", zone)
    totals = _window_and_before(alert, opinions, "all", zone)
    n, before = (max(1, int(totals[name].sum())) for name in ("observed", "before"))
    pooled = (pl.col("observed") + pl.col("before")) / (n + before)
    error = (pooled * (1 - pooled) * (1 / n + 1 / before)).clip(0).sqrt()
    rise = pl.col("share") - pl.col("share_before")
    excess = alert.observed - alert.expected
    table = (
        table.with_columns(share=pl.col("observed") / n, share_before=pl.col("before") / before)
        .filter(rise > _RISE * error, pl.col("observed") >= _LEAST_VOICES)
        .with_columns(beyond=pl.col("observed") - pl.col("share_before") * alert.expected)
        .sort([rise, "value"], descending=[True, False])
    )
    return [
        {
            "value": row["value"],
            "observed": int(row["observed"]),
            "share": round(row["share"], 4),
            "share_before": round(row["share_before"], 4),
            "share_of_excess": round(row["beyond"] / excess, 4) if excess > 0 else None,
        }
        for row in table.head(_MOST).iter_rows(named=True)
    ]


def window_and_before(alert: Alert, opinions: pl.DataFrame, zone: ZoneInfo) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The opinions of the alert's series within its window, and in the `BASELINE_DAYS` days before it.

    An hour is compared with the same hour of those days.
    """
    within = opinions if alert.group == "all" else opinions.filter(pl.col(alert.group) == alert.value)
    local = pl.col("posted_at").dt.convert_time_zone(zone.key)
    first, hour = first_day(alert), hour_of(alert)
    if hour is not None:
        within = within.filter(local.dt.hour() == hour)
    now = local.dt.date().is_between(first, last_day(alert))
    before = local.dt.date().is_between(first - dt.timedelta(days=BASELINE_DAYS), first - dt.timedelta(days=1))
    return within.filter(now), within.filter(before)


def _window_and_before(alert: Alert, opinions: pl.DataFrame, dimension: Split, zone: ZoneInfo) -> pl.DataFrame:
    """The alert's measure in its window (`observed`) and in the days before (`before`), by value of the dimension."""
    sides = window_and_before(alert, opinions, zone)
    counted = [
        voice_counts(side, dimension, zone).group_by("value").agg(pl.col(alert.measure).sum().alias(name))
        for side, name in zip(sides, ("observed", "before"), strict=True)
    ]
    return counted[0].join(counted[1], on="value", how="full", coalesce=True).fill_null(0)


def nearest_event(target: str, day: dt.date, events: Iterable[EventSettings]) -> dict[str, Any] | None:
    """The event about this target nearest to `day`, at most `EVENT_DAYS` away; of two as near the earlier."""
    near = [
        (abs((day - event.date).days), event.date, event.name)
        for event in events
        if (not event.targets or target in event.targets) and abs((day - event.date).days) <= EVENT_DAYS
    ]
    if not near:
        return None
    _, date, name = min(near)
    return {"date": date.isoformat(), "name": name, "days_after": (day - date).days}


def nearest_poll(target: str, day: dt.date, polls: Iterable[PollSettings]) -> dict[str, Any] | None:
    """The poll about this target whose field dates are nearest to `day` (0 days away inside them)."""
    near = [(max((poll.field.start - day).days, (day - poll.field.end).days, 0), poll.id, poll) for poll in polls]
    of_target = sorted((one for one in near if one[2].target == target), key=lambda one: one[:2])
    if not of_target:
        return None
    days, _, poll = of_target[0]
    return {
        "poll": poll.id,
        "pollster": poll.pollster,
        "question": poll.question,
        "starts": poll.field.start.isoformat(),
        "ends": poll.field.end.isoformat(),
        "shares": dict(poll.shares),
        "days_away": days,
    }


def simulated_sources(sources: Iterable[Source]) -> frozenset[str]:
    """The names of the sources whose name, title or address says that their posts are simulated."""
    return frozenset(one.source for one in sources if "simulat" in f"{one.source} {one.title} {one.address}".lower())
