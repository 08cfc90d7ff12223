"""Estimate: the shares of every period whose opinions changed since the last time."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from prefect import flow
from sqlalchemy.engine import Connection

from analysis.evidence import Evidence
from analysis.narratives import estimate_narratives
from analysis.periods import Days, period_bounds, period_days, period_of
from analysis.series import estimate_series
from configs.settings import Settings, TargetSettings
from flows.annotate import cursor_name
from flows.artifacts import publish_table
from flows.hooks import crashed
from flows.labels import labels_digest, read_evidence, read_labels
from flows.progress import track
from flows.runs import running
from flows.workspace import open_workspace
from models.annotator import open_annotator
from storage.cursors import read_cursor, write_cursor
from storage.database import Database
from storage.days import posts_days_between, source_spans
from storage.opinions import opinion_frame
from storage.records import Period, Share, Voices
from storage.shares import replace_shares

_VOICES: tuple[Voices, ...] = ("people", "outlets", "all")
_CHUNK_DAYS = 62
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Estimated:
    """What one run estimated: periods (of every width and target) and shares written."""

    model: str
    periods: int = 0
    shares: int = 0


@dataclass(frozen=True)
class Position:
    """How far estimation has come: the last revision, the days data reached over, the labels, and what they said."""

    revision: int
    first: str
    last: str
    labels: str = ""
    verdicts: str = ""


def estimate_new(database: Database, settings: Settings, model: str) -> Estimated:
    """Estimates anew every period with a changed post, in chunks; the cursor moves with the last chunk.

    Where what people's labels say has changed, every period is estimated anew: they calibrate all of them.
    A run that was killed in between starts over from the old cursor and writes the same again.
    """
    cursor = f"estimate:{model}:{_settings_digest(settings)}"
    with database.read() as c:
        done = read_cursor(c, cursor)
        annotated = int(read_cursor(c, cursor_name(model)) or 0)
        before = Position(**json.loads(done)) if done else Position(0, "", "")
        horizon = _horizon(c, settings)
        days = posts_days_between(c, before.revision, annotated, settings.monitor.zone)
        labels = {target.id: read_labels(c, target.id, model) for target in settings.targets}
    digest = labels_digest(labels)
    if horizon is None or (not days and _unchanged(before, horizon) and before.labels == digest):
        return Estimated(model)
    known = {one.id: read_evidence(database, settings, one, model, labels[one.id]) for one in settings.targets}
    verdicts = ",".join(f"{name}:{evidence.verdicts}" for name, evidence in known.items() if evidence.verdicts)
    if (digest, verdicts) != (before.labels, before.verdicts):
        with database.read() as c:
            days = posts_days_between(c, 0, annotated, settings.monitor.zone)
    days |= _edges(before, horizon)
    chunks = [chunk for by in settings.monitor.estimate.periods for chunk in _chunks(by, days)]
    after = Position(annotated, horizon.first.isoformat(), horizon.last.isoformat(), digest, verdicts)
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
        with database.write() as c:
            write_cursor(c, cursor, json.dumps(vars(after)))
    return Estimated(model, periods, written)


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


def _horizon(c: Connection, settings: Settings) -> Days | None:
    """The local days that posts reach over; a day that is not over yet is left out."""
    zone = settings.monitor.zone
    spans = source_spans(c, zone)
    if not spans:
        return None
    yesterday = dt.datetime.now(zone).date() - dt.timedelta(days=1)
    first = min(first for first, _ in spans.values())
    return Days(first, max(first, min(yesterday, max(last for _, last in spans.values()))))


def _unchanged(before: Position, horizon: Days) -> bool:
    return (before.first, before.last) == (horizon.first.isoformat(), horizon.last.isoformat())


def _edges(before: Position, horizon: Days) -> set[dt.date]:
    """Where the data used to end, if they now reach further: periods there may have become complete."""
    if not before.last or _unchanged(before, horizon):
        return set()
    return {dt.date.fromisoformat(before.first), dt.date.fromisoformat(before.last)}


def _settings_digest(settings: Settings) -> str:
    """Changes with whatever changes a share: then everything is estimated anew, under a cursor of its own."""
    form = {
        "estimate": settings.monitor.estimate.model_dump(mode="json"),
        "min_authors": settings.monitor.privacy.min_authors,
        "timezone": settings.monitor.timezone,
        "targets": [[target.id, *((one.name, one.stance) for one in target.narratives)] for target in settings.targets],
    }
    return hashlib.blake2b(json.dumps(form, sort_keys=True).encode(), digest_size=6).hexdigest()


@flow(name="estimate", validate_parameters=False, on_crashed=[crashed])
def estimate_shares(config: str | None = None, database: str | None = None) -> Estimated:
    """Estimates what the configured model's new opinions changed."""
    with open_workspace(config, database) as workspace, running(workspace, "estimate"):
        model = open_annotator(workspace.settings).version
        result = estimate_new(workspace.database, workspace.settings, model)
    _log.info("%d periods estimated anew, %d shares", result.periods, result.shares)
    publish_table("estimated", [result], "What was estimated in this run.")
    return result
