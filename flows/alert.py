"""Alert: look for spikes and outages, store what is new, say what is over, deliver what is due."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import asdict, dataclass

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from alerts.follow_up import escalate
from alerts.outbox import Sent, deliver_pending
from configs.settings import Settings
from flows.artifacts import publish_table
from flows.hooks import flow
from flows.runs import running
from flows.spikes import Watch
from flows.workspace import Workspace, open_workspace
from models.annotator import open_annotator
from storage.database import Database
from storage.records import Alert

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alerted:
    """What one run raised, held back and delivered.

    `held_back`: spikes that do not stand without the sources that are out. `errors` say, without addresses, what could
    not be delivered; `given_up` of them will not be tried again by itself. `broken`: rules that could not be judged.
    """

    raised: int
    delivered: int
    failed: int
    errors: tuple[str, ...] = ()
    held_back: int = 0
    escalated: int = 0
    given_up: int = 0
    broken: tuple[str, ...] = ()


def raise_new(database: Database, settings: Settings, model: str, now: dt.datetime) -> list[Alert]:
    """The alerts about outages and spikes over all complete days that are not stored yet; stored when returned."""
    return Watch(database, settings, model, now).run()


@task(retries=2, retry_delay_seconds=[5, 30], cache_policy=NO_CACHE)
def deliver(workspace: Workspace, now: dt.datetime) -> Sent:
    """Sends what is due. A recipient that fails keeps its messages pending; the next run tries again."""
    return deliver_pending(workspace.database, workspace.settings, now=now)


@flow("alert")
def raise_alerts(config: str | None = None, database: str | None = None) -> Alerted:
    """Spikes and outages found, stored, followed up and delivered."""
    now = dt.datetime.now(dt.UTC)
    with open_workspace(config, database) as workspace, running(workspace, "alert"):
        settings = workspace.settings
        watch = Watch(workspace.database, settings, open_annotator(settings).version, now)
        raised = watch.run()
        with workspace.database.write() as c:
            escalated = escalate(c, settings.alerts, now=now, zone=settings.monitor.zone)
        sent = deliver(workspace, now)
    errors = tuple(f"alert {alert} to {recipient}: {error}" for alert, recipient, error in sent.failed)
    for error in errors:
        get_run_logger().warning("not delivered: %s", error)
    for reason in watch.broken:
        get_run_logger().warning("not judged: %s", reason)
    _log.info(
        "%d alerts raised, %d held back, %d messages delivered, %d failed",
        *(len(raised), len(watch.held_back), len(sent.delivered), len(sent.failed)),
    )
    # Prefect keeps artifacts where no retention reaches: what quotes a post stays out of them.
    told = [
        {name: value for name, value in asdict(one).items() if name not in ("explanation", "notes")} for one in raised
    ]
    publish_table("raised", told, "The alerts that this run raised.")
    return Alerted(
        raised=len(raised),
        delivered=len(sent.delivered),
        failed=len(sent.failed),
        errors=errors,
        held_back=len(watch.held_back),
        escalated=len(escalated),
        given_up=len(sent.dead),
        broken=tuple(watch.broken),
    )
