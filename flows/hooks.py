"""What Prefect calls when a run ends in a way that the run itself cannot tell of: its process was killed."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import FlowRun, State

from flows.runs import tell_failure
from flows.workspace import open_workspace


class Crashed(Exception):  # noqa: N818
    """The process of a run ended before the run did."""


def crashed(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """Tells the operator that a run of a deployment crashed. A run that somebody began by hand and ended is no news."""
    if flow_run.deployment_id is None:
        return
    given = flow_run.parameters
    name = "run" if flow.name == "monitor" else " ".join(filter(None, (flow.name, given.get("origin"))))
    with open_workspace(given.get("config"), given.get("database")) as workspace:
        tell_failure(workspace, name, Crashed(state.message or "its process was gone"))
