"""Deployments of a Prefect server that are late: no worker takes them, or a run of theirs hangs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from prefect.client.orchestration import get_client
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule

from alerts.operator import flow_late
from flows.timetable import Timetable
from flows.workspace import Workspace
from storage.runs import latest_runs

_OURS = "flows/"


def tell_late_deployments(workspace: Workspace, now: dt.datetime) -> list[str]:
    """Raises the alert of each deployment without a finished run for more than `late_after` of its instants.

    Returns the flows that were told of. Asks the server of PREFECT_API_URL; a deployment that is paused, or whose
    schedule is switched off, is nobody's loss. A flow that fails is told of by its run.
    """
    database, settings = workspace.database, workspace.settings
    intervals = settings.monitor.schedule.late_after
    with database.read() as c:
        finished, last = latest_runs(c, "finished"), latest_runs(c)
    told = []
    for flow, table, since in _scheduled():
        run = finished.get(flow)
        ended = run.ended_at if run else None
        failed = flow in last and last[flow].state == "failed"
        if failed or table.count(max(ended or since, since), now, intervals + 1) <= intervals:
            continue
        with database.write() as c:
            if flow_late(c, settings, flow, due=table.due, now=now, finished=ended):
                told.append(flow)
    return told


def run_name(flow: str, origin: str | None) -> str:
    """What `flows.runs.running` calls a run of a flow of Prefect."""
    return "run" if flow == "monitor" else " ".join(filter(None, (flow, origin)))


def _scheduled() -> Iterator[tuple[str, Timetable, dt.datetime]]:
    """Name, timetable and beginning of each of our deployments that has a schedule."""
    with get_client(sync_client=True) as client:
        flows = {flow.id: flow.name for flow in client.read_flows()}
        deployments = client.read_deployments()
    for one in deployments:
        if one.paused or not (one.entrypoint or "").startswith(_OURS):
            continue
        name = run_name(flows[one.flow_id], one.parameters.get("origin"))
        yield from ((name, table, _beginning(one)) for table in _timetables(one))


def _timetables(deployment: DeploymentResponse) -> Iterator[Timetable]:
    for one in deployment.schedules:
        if one.active and isinstance(one.schedule, CronSchedule):
            yield Timetable(one.schedule.cron, ZoneInfo(one.schedule.timezone or "UTC"))


def _beginning(deployment: DeploymentResponse) -> dt.datetime:
    return deployment.updated or deployment.created or dt.datetime.now(dt.UTC)
