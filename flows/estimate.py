"""Estimate: the shares of every period whose opinions changed since the last time."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from dataclasses import dataclass

import polars as pl
from sqlalchemy.engine import Connection

from analysis.periods import Days
from configs.settings import Settings
from flows.annotate import cursor_name
from flows.artifacts import publish_table
from flows.hooks import flow
from flows.labels import labels_digest, read_evidence, read_labels
from flows.runs import running
from flows.share_periods import Estimated, data_horizon, estimate_periods
from flows.workspace import open_workspace
from models.annotator import open_annotator
from storage.current import latest_model
from storage.cursors import ESTIMATE, read_cursor, write_cursor
from storage.database import Database
from storage.days import posts_days_between

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Position:
    """How far estimation has come: the last revision, the days data reached over, the labels, and what they said."""

    revision: int
    first: str
    last: str
    labels: str = ""
    verdicts: str = ""


def estimate_new(
    database: Database, settings: Settings, model: str, *, beside: bool = False, again: bool = False
) -> Estimated:
    """Estimates anew every period with a changed post, in chunks; the cursor moves behind the last chunk.

    Where what people's labels say has changed, or with `again`, every period is estimated anew. `beside`: the model is
    not the one that pages show. A run that was killed in between starts over from the old cursor and writes the same
    again.
    """
    cursor = _cursor(settings, model)
    if beside:
        cursor = f"beside:{cursor}"
    with database.read() as c:
        before = _position(c, cursor)
        annotated, horizon, days, labels = _pending(c, settings, model, before)
    digest = labels_digest(labels)
    if horizon is None or (not days and _unchanged(before, horizon) and before.labels == digest and not again):
        if not beside:
            _make_current(database, model, cursor)
        return Estimated(model)
    known = {one.id: read_evidence(database, settings, one, model, labels[one.id]) for one in settings.targets}
    verdicts = ",".join(f"{name}:{evidence.verdicts}" for name, evidence in known.items() if evidence.verdicts)
    if again or (digest, verdicts) != (before.labels, before.verdicts):
        with database.read() as c:
            days = posts_days_between(c, 0, annotated, settings.monitor.zone)
    days |= _edges(before, horizon)
    after = Position(annotated, horizon.first.isoformat(), horizon.last.isoformat(), digest, verdicts)
    result = estimate_periods(database, settings, model, days, horizon, known)
    with database.write() as c:
        write_cursor(c, cursor, json.dumps(vars(after)))
    return result


def is_up_to_date(database: Database, settings: Settings, model: str) -> bool:
    """Whether the stored shares know of every post that is annotated and of every label."""
    with database.read() as c:
        before = _position(c, _cursor(settings, model))
        _, horizon, days, labels = _pending(c, settings, model, before)
    return horizon is not None and not days and _unchanged(before, horizon) and before.labels == labels_digest(labels)


def _pending(
    c: Connection, settings: Settings, model: str, before: Position
) -> tuple[int, Days | None, set[dt.date], dict[str, pl.DataFrame]]:
    """How far annotation is, over which days posts reach, which days have changed, and the labels as they are."""
    annotated = int(read_cursor(c, cursor_name(model)) or 0)
    days = posts_days_between(c, before.revision, annotated, settings.monitor.zone)
    labels = {target.id: read_labels(c, target.id, model) for target in settings.targets}
    return annotated, data_horizon(c, settings), days, labels


def _cursor(settings: Settings, model: str) -> str:
    return f"{ESTIMATE}{model}:{_settings_digest(settings)}"


def _position(c: Connection, cursor: str) -> Position:
    """Where estimation stands; what was estimated beside the active model counts once the model is active."""
    done = read_cursor(c, cursor) or read_cursor(c, f"beside:{cursor}")
    return Position(**json.loads(done)) if done else Position(0, "", "")


def _make_current(database: Database, model: str, cursor: str) -> None:
    """Pages show the model that was estimated last: one that comes back with nothing new to estimate is that again."""
    with database.read() as c:
        position = read_cursor(c, cursor) or read_cursor(c, f"beside:{cursor}")
        due = position is not None and latest_model(c) != model
    if due and position:
        with database.write() as c:
            write_cursor(c, cursor, position)


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


@flow("estimate")
def estimate_shares(config: str | None = None, database: str | None = None, again: bool = False) -> Estimated:
    """Estimates what the configured model's new opinions changed; with `again`, every period."""
    with open_workspace(config, database) as workspace, running(workspace, "estimate"):
        model = open_annotator(workspace.settings).version
        result = estimate_new(workspace.database, workspace.settings, model, again=again)
    _log.info("%d periods estimated anew, %d shares", result.periods, result.shares)
    publish_table("estimated", [result], "What was estimated in this run.")
    return result
