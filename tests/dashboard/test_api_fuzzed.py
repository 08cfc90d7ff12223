"""The API under requests that its own description makes up: no error of ours, and answers as described."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from configs.loading import load
from dashboard.app import create_app
from storage.database import Database

HOST = {"host": "localhost"}


@pytest.fixture
def description(database: Database) -> Any:
    """The API's description, over an application whose rate limit does not hide what is behind it."""
    known = load()
    often = known.monitor.dashboard.model_copy(update={"requests_per_minute": 10**6})
    monitor = known.monitor.model_copy(update={"dashboard": often})
    app = create_app(known.model_copy(update={"monitor": monitor}), database, local=True)
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=HOST)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("path", ["trends/{target}", "polls", "alerts", "posts", "sources"])
def test_every_answer_is_as_described(description: Any, path: str, mode: GenerationMode) -> None:
    operation = description[f"/api/v1/{path}"]["GET"]
    plain = operation.Case(path_parameters={"target": "migrants"} if "{" in path else {})
    assert plain.call_and_validate(headers=HOST).status_code == 200

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=HOST)

    ask()
