"""One whole run in a process of its own, forked from a server that has imported this and made what nobody writes.

That leaves more of a run's time, and so of its instants, to what a kill could spoil. The network is opened by each run:
its threads would not outlive a fork.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from configs.loading import load
from configs.settings import Settings, SourceSettings
from flows.alert import raise_new
from flows.annotate import annotate_new
from flows.collect import collect_path, source_record
from flows.compare import compare_all
from flows.estimate import estimate_new
from flows.workspace import Workspace
from models.annotator import open_annotator
from storage.database import open_database

_BATCH = 40
_LOADED = load()
_ANNOTATOR = open_annotator(_LOADED)
_ANNOTATOR.read({"": "слово"})
_ANNOTATOR.mentions("слово", "ru")
_ = _ANNOTATOR.stance.tokenizer


def run_stages(path: str, url: str, now: dt.datetime) -> None:
    """Every stage over one export, in small transactions, so that there are many instants to be killed between."""
    settings = _settings(path)
    with open_database(url) as database:
        workspace = Workspace(settings, database)
        (form,) = settings.sources
        collect_path(workspace, Path(form.path), source_record(form), {})
        annotate_new(database, settings, _ANNOTATOR)
        estimate_new(database, settings, _ANNOTATOR.version)
        compare_all(database, settings, _ANNOTATOR.version)
        raise_new(database, settings, _ANNOTATOR.version, now)


def _settings(path: str) -> Settings:
    estimate = _LOADED.monitor.estimate.model_copy(update={"draws": 100, "periods": ("week",)})
    monitor = _LOADED.monitor.model_copy(update={"batch_size": _BATCH, "estimate": estimate})
    source = SourceSettings(name="almaty-chat", kind="group", path=path, region="Almaty")
    return _LOADED.model_copy(update={"monitor": monitor, "sources": (source,)})
