"""The shares of chosen periods, from the opinions that are stored: what estimation writes and verification compares."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy.engine import Connection

from analysis.evidence import Evidence
from analysis.narratives import estimate_narratives
from analysis.periods import Days, period_bounds, period_days, period_of
from analysis.series import estimate_series
from configs.settings import Settings, TargetSettings
from flows.labels import read_evidence, read_labels
from flows.progress import track
from storage.database import Database
from storage.days import source_spans
from storage.opinions import opinion_frame
from storage.records import Period, Share, Voices
from storage.shares import replace_shares

_VOICES: tuple[Voices, ...] = ("people", "outlets", "all")
_CHUNK_DAYS = 62


@dataclass(frozen=True)
class Estimated:
    """What one run estimated: periods (of every width and target) and shares written."""

    model: str
    periods: int = 0
    shares: int = 0


@dataclass(frozen=True, order=True)
class Stored:
    """One period of one target for which shares are stored."""

    target: str
    by: Period
    period: str


def estimate_days(database: Database, settings: Settings, model: str, days: set[dt.date]) -> Estimated:
    """Estimates anew every period that holds one of these local days, whatever has changed; no cursor moves."""
    horizon, known = _basis(database, settings, model)
    return estimate_periods(database, settings, model, days, horizon or Days(min(days), max(days)), known)


def estimate_stored(
    database: Database, settings: Settings, model: str, cells: Iterable[Stored]
) -> Iterator[tuple[Stored, list[Share]]]:
    """What the stored opinions give for these periods now; nothing is written."""
    horizon, known = _basis(database, settings, model)
    for cell in cells:
        target = settings.target(cell.target)
        if horizon is not None:
            chunk = (target, model, cell.by, [cell.period], horizon, known[target.id])
            yield cell, _estimate_chunk(database, settings, *chunk)


def estimate_periods(
    database: Database,
    settings: Settings,
    model: str,
    days: set[dt.date],
    horizon: Days,
    known: Mapping[str, Evidence],
) -> Estimated:
    """Estimates every period that holds one of these days, chunk by chunk, each written in a transaction of its own."""
    chunks = [chunk for by in settings.monitor.estimate.periods for chunk in _chunks(by, days)]
    periods = written = 0
    with track("estimate", float(len(chunks) * len(settings.targets))) as advance:
        for by, names in chunks:
            for target in settings.targets:
                shares = _estimate_chunk(database, settings, target, model, by, names, horizon, known[target.id])
                with database.write() as c:
                    replace_shares(c, target=target.id, model=model, by=by, periods=names, shares=shares)
                periods += len(names)
                written += len(shares)
                advance(1.0)
    return Estimated(model, periods, written)


def data_horizon(c: Connection, settings: Settings) -> Days | None:
    """The local days that posts reach over; a day that is not over yet is left out."""
    zone = settings.monitor.zone
    spans = source_spans(c, zone)
    if not spans:
        return None
    yesterday = dt.datetime.now(zone).date() - dt.timedelta(days=1)
    first = min(first for first, _ in spans.values())
    return Days(first, max(first, min(yesterday, max(last for _, last in spans.values()))))


def _basis(database: Database, settings: Settings, model: str) -> tuple[Days | None, dict[str, Evidence]]:
    """The days that data reach over, and what people's labels say of each target."""
    with database.read() as c:
        horizon = data_horizon(c, settings)
        labels = {target.id: read_labels(c, target.id, model) for target in settings.targets}
    return horizon, {one.id: read_evidence(database, settings, one, model, labels[one.id]) for one in settings.targets}


def _estimate_chunk(
    database: Database,
    settings: Settings,
    target: TargetSettings,
    model: str,
    by: Period,
    names: list[str],
    horizon: Days,
    evidence: Evidence,
) -> list[Share]:
    monitor = settings.monitor
    starts = min(period_bounds(name, monitor.zone)[0] for name in names)
    ends = max(period_bounds(name, monitor.zone)[1] for name in names)
    with database.read() as c:
        opinions = opinion_frame(c, target=target.id, model=model, starts=starts, ends=ends)
    wanted = set(names)
    form: dict[str, Any] = {
        "target": target.id,
        "model": model,
        "by": by,
        "zone": monitor.zone,
        "horizon": horizon,
        "voices": _VOICES,
        "confidence": monitor.estimate.confidence,
        "draws": monitor.estimate.draws,
        "seed": monitor.estimate.seed,
        "min_authors": monitor.privacy.min_authors,
    }
    narratives = [(one.name, one.stance) for one in target.narratives]
    series = chain(
        estimate_series(opinions, groups=("all", *monitor.estimate.groups), evidence=evidence, **form),
        estimate_narratives(opinions, narratives, **form),
    )
    return [share for share in series if share.period in wanted]


def _chunks(by: Period, days: set[dt.date]) -> Iterator[tuple[Period, list[str]]]:
    """The periods that hold these days, in order, cut so that a chunk spans about two months."""
    names: list[str] = []
    for name in sorted({period_of(day, by) for day in days}, key=lambda one: period_days(one).first):
        if names and (period_days(name).last - period_days(names[0]).first).days > _CHUNK_DAYS:
            yield by, names
            names = []
        names.append(name)
    if names:
        yield by, names
