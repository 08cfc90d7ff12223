"""Re-annotate: another model reads history beside the active one; what would change is told before anybody switches.

The active model is the one that monitor.yaml names (`adapter`). Switching and going back is a change of that key: what
either has read stays, under its own name, and no series holds both.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from analysis.agreement import Confusion, Moved, confusion, moved
from configs.settings import Settings
from flows.annotate import Annotated, annotate_new
from flows.estimate import estimate_new
from flows.hooks import flow
from flows.runs import running
from flows.workspace import Workspace, open_workspace
from models.annotator import open_annotator
from storage.opinions import opinion_frame
from storage.records import Period, Share
from storage.shares import share_frame

_BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_END = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Reannotated:
    """What one step did. `done`: whether the model has read everything; then its shares are estimated as well."""

    model: str
    active: str
    annotated: Annotated
    shares: int
    done: bool


def with_adapter(settings: Settings, adapter: str) -> Settings:
    """The same configuration with another adapter."""
    return settings.model_copy(update={"monitor": settings.monitor.model_copy(update={"adapter": adapter})})


def reannotate_with(workspace: Workspace, adapter: str, most: int | None = None) -> Reannotated:
    """Up to `most` further posts (all, if None) read by `adapter`, batch by batch, each in a transaction of its own.

    A killed step goes on where it was. The active model's opinions, shares, alerts and what pages show stay as they
    are. One process at a time re-annotates a store; the step is recorded as a run.
    """
    with running(workspace, "reannotate"):
        settings = with_adapter(workspace.settings, adapter)
        active = open_annotator(workspace.settings).version
        annotator = open_annotator(settings)
        read = annotate_new(workspace.database, settings, annotator, most)
        done = most is None or read.posts < most
        shares = 0
        if done:
            beside = annotator.version != active
            shares = estimate_new(workspace.database, settings, annotator.version, beside=beside).shares
    return Reannotated(annotator.version, active, read, shares, done)


def compare_models(
    workspace: Workspace, target: str, old: str, new: str, by: Period = "week"
) -> tuple[list[Moved], Confusion]:
    """By how much the shares of one target move from one model to the other, and which posts are read differently."""
    with workspace.database.read() as c:
        before, after = (opinion_frame(c, target=target, model=m, starts=_BEGINNING, ends=_END) for m in (old, new))
        told, anew = (
            _shares(share_frame(c, target=target, by=by, group="all", among="all", model=m)) for m in (old, new)
        )
    monitor = workspace.settings.monitor
    periods = moved(before, after, told, anew, by=by, zone=monitor.zone, confidence=monitor.estimate.confidence)
    return periods, confusion(before, after)


def _shares(frame: pl.DataFrame) -> dict[tuple[str, str], Share]:
    return {(row["period"], row["stance"]): Share(**row) for row in frame.iter_rows(named=True)}


@flow("reannotate")
def reannotate(
    adapter: str, config: str | None = None, database: str | None = None, most: int | None = None
) -> Reannotated:
    """Another model reads history beside the active one: for a schedule of its own."""
    with open_workspace(config, database) as workspace:
        return reannotate_with(workspace, adapter, most)
