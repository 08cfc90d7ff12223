"""A run of a deployment whose process was killed: the operator is told, and the next run that ends well says so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from operating import Configure, Operator

from flows.hooks import crashed
from flows.runs import running
from flows.workspace import Workspace
from storage.database import Database
from storage.runs import runs


def crash(database: Database, settings_folder: str, deployment: Any) -> None:
    parameters = {"config": settings_folder, "database": f"sqlite:///{database.file}", "origin": "telegram"}
    run: Any = SimpleNamespace(deployment_id=deployment, parameters=parameters)
    state: Any = SimpleNamespace(message="Flow run process exited with non-zero status code -9.")
    crashed(SimpleNamespace(name="collect"), run, state)


def test_a_crash_in_a_worker_is_told_once(store: Database, configure: Configure, operator: Operator) -> None:
    settings = configure()
    crash(store, settings.folder, None)
    assert operator.titles == []
    crash(store, settings.folder, uuid4())
    crash(store, settings.folder, uuid4())
    with running(Workspace(settings, store), "collect telegram"):
        pass
    assert [title.partition(" since")[0] for title in operator.titles] == [
        "The flow collect telegram fails",
        "Over: The flow collect telegram fails",
    ]
    assert "status code -9" in operator.messages[0]["message"]
    with store.read() as c:
        assert [run.state for run in runs(c)] == ["finished", "failed", "failed"]
