"""How Prefect knows our flows: without secrets, and with a word to the operator where a process was killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State

from configs.secrets import redacted
from flows.deployed import run_name
from flows.runs import tell_failure
from flows.workspace import open_workspace

P = ParamSpec("P")
R = TypeVar("R")


class Crashed(Exception):  # noqa: N818
    """The process of a run ended before the run did."""


class Discreet(Flow[P, R]):
    """A flow whose parameters Prefect keeps, and shows on its page, without passwords in addresses."""

    def serialize_parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """What Prefect keeps of them."""
        told = {name: redacted(value) if isinstance(value, str) else value for name, value in parameters.items()}
        return super().serialize_parameters(told)


def flow(name: str, task_runner: Any = None) -> Callable[[Callable[P, R]], Discreet[P, R]]:
    """Makes a flow of a function; its parameters are taken as they are given. `task_runner`: another than threads."""

    def made(function: Callable[P, R]) -> Discreet[P, R]:
        return Discreet(function, name=name, task_runner=task_runner, validate_parameters=False, on_crashed=[crashed])

    return made


def crashed(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """Tells the operator that a run of a deployment crashed. A run that somebody began by hand and ended is no news."""
    if flow_run.deployment_id is None:
        return
    given = flow_run.parameters
    name = run_name(flow.name, given.get("origin"))
    with open_workspace(given.get("config"), given.get("database")) as workspace:
        tell_failure(workspace, name, Crashed(state.message or "its process was gone"))
