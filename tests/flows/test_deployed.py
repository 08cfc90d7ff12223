"""Deployments that nobody runs are told of by those that run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule

from flows.collect import collect
from flows.deployed import tell_late_deployments
from flows.estimate import estimate_shares
from flows.runs import running
from flows.workspace import open_workspace
from storage.alerts import alerts

QUARTERLY = CronSchedule(cron="*/15 * * * *", timezone="Asia/Almaty")


def deploy(flow: Any, entrypoint: str, *, active: bool = True, **parameters: str) -> None:
    with get_client(sync_client=True) as client:
        client.create_deployment(
            client.create_flow(flow),
            name=f"trial {active} {len(entrypoint)}",
            entrypoint=entrypoint,
            parameters=parameters,
            schedules=[DeploymentScheduleCreate(schedule=QUARTERLY, active=active)],
        )


def test_a_deployment_that_no_worker_takes_is_told_of_once_until_it_runs(checkout: Path) -> None:
    deploy(collect, "flows/collect.py:collect", origin="telegram")
    deploy(estimate_shares, "flows/estimate.py:estimate_shares", active=False)
    deploy(collect, "elsewhere.py:collect", origin="web")
    now = dt.datetime.now(dt.UTC)
    later = now + dt.timedelta(hours=2)
    with open_workspace(str(checkout / "configs"), f"sqlite:///{checkout}/pikir.db") as workspace:
        assert tell_late_deployments(workspace, now) == []
        assert tell_late_deployments(workspace, later) == ["collect telegram"]
        assert tell_late_deployments(workspace, later) == []
        with running(workspace, "collect telegram"):
            pass
        assert tell_late_deployments(workspace, now) == []
        with workspace.database.read() as c:
            (told,) = alerts(c, kind="operator")
    assert (told.value, told.measure, told.explanation["due"]) == ("collect telegram", "late", QUARTERLY.cron)
    assert told.ended is not None
