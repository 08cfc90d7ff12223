"""Deliver: what is due of the outbox, and what nobody has acknowledged in time; quick enough for every minute."""

from __future__ import annotations

import datetime as dt

from prefect.runtime import deployment

from alerts.follow_up import escalate
from alerts.outbox import Sent, deliver_pending
from flows.deployed import tell_late_deployments
from flows.hooks import flow
from flows.runs import running
from flows.workspace import open_workspace


@flow("deliver")
def deliver(config: str | None = None, database: str | None = None) -> tuple[Sent, list[int]]:
    """Sends what is due, without looking for spikes; what was sent, and the alerts that were escalated.

    As a run of a deployment it also looks whether the others come.
    """
    now = dt.datetime.now(dt.UTC)
    with open_workspace(config, database) as workspace, running(workspace, "deliver"):
        settings = workspace.settings
        if deployment.id:
            tell_late_deployments(workspace, now)
        with workspace.database.write() as c:
            escalated = escalate(c, settings.alerts, now=now, zone=settings.monitor.zone)
        return deliver_pending(workspace.database, settings, now=now), escalated
