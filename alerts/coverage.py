"""Outages in, alerts to the operator out; and when these are over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from itertools import groupby
from typing import Any

import polars as pl

from alerts.outages import Outage, volume_series
from storage.records import Alert

EACH = 3
"""Up to so many sources that went out on one day get an alert each; more of them have one cause, and one alert."""
_DAY = dt.timedelta(days=1)


def coverage_alerts(
    outages: Iterable[Outage], rule: str, earlier: Collection[Alert], judged: pl.DataFrame | None = None
) -> list[Alert]:
    """The alerts about outages that no earlier alert is about, by day.

    An alert is about an outage of its source that overlaps with the days it names, or touches them; one that is not
    over covers everything after. `observed` and `expected` are posts, `score` the part that is missing. An alert about
    one source has the series of its chart, from `judged` (`analysis.volumes.judge_volumes`).
    """
    known = [(entry, alert) for alert in earlier if alert.kind == "coverage" for entry in _entries(alert)]
    new = [one for one in outages if not any(_covers(entry, alert, one) for entry, alert in known)]
    alerts: list[Alert] = []
    for _, group in groupby(sorted(new, key=lambda one: (one.first, one.source)), key=lambda one: one.first):
        same_day = list(group)
        together = [same_day] if len(same_day) > EACH else [[one] for one in same_day]
        for cause in together:
            series = volume_series(judged, cause[0]) if judged is not None and len(cause) == 1 else []
            alerts.append(_alert(rule, cause, {"series": series} if series else {}))
    return alerts


def outage_end(alert: Alert, outages: Iterable[Outage], today: dt.date) -> dt.date | None:
    """The first local day on which all sources of a stored coverage alert were whole again; None while one is out."""
    sources = {entry["source"] for entry in _entries(alert)}
    begins = dt.date.fromisoformat(alert.window) - _DAY
    own = [one for one in outages if one.source in sources and one.last >= begins]
    if any(one.lasts for one in own):
        return None
    return max((one.last + _DAY for one in own), default=today)


def last_of(alert: Alert) -> dt.date:
    """The last local day that the alert names."""
    return max(dt.date.fromisoformat(entry["last"]) for entry in _entries(alert))


def holding_back(alert: Alert, held: Alert, sources: Collection[str]) -> dict[str, Any] | None:
    """What to add to the explanation of a coverage alert whose sources hold back the spike `held`; None: nothing."""
    if not {entry["source"] for entry in _entries(alert)} & set(sources):
        return None
    entry = {name: getattr(held, name) for name in ("rule", "group", "value", "window", "observed", "upper")}
    known = alert.explanation.get("held_back", [])
    if any(all(one[name] == entry[name] for name in ("rule", "group", "value", "window")) for one in known):
        return None
    return {"held_back": [*known, entry]}


def _entries(alert: Alert) -> list[Mapping[str, Any]]:
    return list(alert.explanation.get("sources", []))


def _covers(entry: Mapping[str, Any], alert: Alert, outage: Outage) -> bool:
    if entry["source"] != outage.source:
        return False
    first, last = (dt.date.fromisoformat(entry[name]) for name in ("first", "last"))
    if alert.ended is None:
        return outage.last >= first - _DAY
    return outage.first <= max(last, alert.ended) and outage.last >= first - _DAY


def _alert(rule: str, outages: list[Outage], more: Mapping[str, Any]) -> Alert:
    observed, expected = sum(one.observed for one in outages), sum(one.expected for one in outages)
    whole = all(not one.lasts for one in outages)
    single = len(outages) == 1
    return Alert(
        rule=rule,
        target="",
        group="source",
        value=outages[0].source if single else f"{outages[0].source} +{len(outages) - 1}",
        window=outages[0].first.isoformat(),
        measure="posts",
        observed=observed,
        expected=expected,
        upper=expected,
        score=round(max(0.0, 1 - observed / expected), 4) if expected > 0 else 1.0,
        kind="coverage",
        ended=max(one.last for one in outages) + _DAY if whole else None,
        explanation={"sources": [_entry(one) for one in outages], **more},
    )


def _entry(outage: Outage) -> dict[str, Any]:
    told = {name: value for name, value in asdict(outage).items() if name != "lasts"}
    return {**told, "first": outage.first.isoformat(), "last": outage.last.isoformat()}
