"""The bundled sample, read by the shipped model and estimated week by week and month by month."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from filelock import FileLock

from configs.loading import load
from flows.alert import raise_new
from flows.annotate import annotate_new
from flows.collect import collect_path, source_record
from flows.compare import compare_all
from flows.estimate import estimate_new
from flows.workspace import Workspace
from models.annotator import open_annotator
from storage.database import open_database


def build(path: Path) -> None:
    """What `pikir run` does with the sample, without Prefect and without days, into a SQLite file."""
    settings = load()
    narrower = settings.monitor.estimate.model_copy(update={"periods": ("week", "month")})
    monitor = settings.monitor.model_copy(update={"estimate": narrower})
    workspace = Workspace(settings.model_copy(update={"monitor": monitor}), open_database(f"sqlite:///{path}"))
    with workspace.database as database:
        for form in workspace.settings.sources:
            collect_path(workspace, Path(form.path), source_record(form), form.map)
        annotator = open_annotator(workspace.settings)
        annotate_new(database, workspace.settings, annotator)
        estimate_new(database, workspace.settings, annotator.version)
        compare_all(database, workspace.settings, annotator.version)
        raise_new(database, workspace.settings, annotator.version, dt.datetime.now(dt.UTC))


def built_once(factory: pytest.TempPathFactory) -> Path:
    """The file, made by the first worker of a test run that asks for it. Copy it before writing."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    path = shared / "sample.db"
    with FileLock(f"{path}.lock"), pytest.MonkeyPatch.context() as patch:
        if not path.exists():
            # The folder in which the tests of the models keep the compiled network.
            patch.setenv("PIKIR_CACHE", str(shared / "pikir-cache"))
            build(part := shared / "sample.part.db")
            part.rename(path)
    return path
