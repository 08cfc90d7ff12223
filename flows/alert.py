"""Alert: look for spikes by every rule, store what is new, deliver what is due."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from alerts.counting import daily_counts
from alerts.explain import explain, simulated_sources
from alerts.outbox import Sent, deliver_pending, raise_alert
from alerts.rules import evaluate, last_complete_day
from configs.settings import RuleSettings, Settings
from flows.artifacts import publish_table
from flows.progress import track
from flows.workspace import Workspace, open_workspace
from models.annotator import open_annotator
from storage.alerts import alerts
from storage.database import Database
from storage.days import day_starts, day_totals, source_spans
from storage.opinions import opinion_frame
from storage.records import Alert
from storage.sources import sources


@dataclass(frozen=True)
class Alerted:
    """What one run raised and delivered. `errors` say, without addresses, what could not be delivered."""

    raised: int
    delivered: int
    failed: int
    errors: tuple[str, ...] = ()


def raise_new(database: Database, settings: Settings, model: str, now: dt.datetime) -> list[Alert]:
    """The alerts that the rules raise over all complete days and that are not stored yet; stored when returned."""
    raised: list[Alert] = []
    with track("look for spikes", float(len(settings.alerts.rules))) as advance:
        for rule in settings.alerts.rules:
            raised += _apply(database, settings, rule, model, now)
            advance(1.0)
    return raised


def _apply(database: Database, settings: Settings, rule: RuleSettings, model: str, now: dt.datetime) -> list[Alert]:
    zone = settings.monitor.zone
    with database.read() as c:
        spans = source_spans(c, zone)
        if not spans:
            return []
        first, last = min(a for a, _ in spans.values()), max(b for _, b in spans.values())
        totals = day_totals(c, zone, first, last, rule.group)
        starts, ends = day_starts(first, zone), day_starts(last + dt.timedelta(days=1), zone)
        opinions = opinion_frame(c, target=rule.target, model=model, starts=starts, ends=ends)
        earlier, simulated = alerts(c), simulated_sources(sources(c))
    counts = daily_counts(opinions, totals, measure=rule.measure, group=rule.group, zone=zone)
    complete = last_complete_day(ends - dt.timedelta(microseconds=1), now, zone)
    stored = []
    for alert in evaluate(rule, counts, last_day=complete, earlier=earlier):
        told = explain(alert, opinions, zone=zone, events=settings.events, polls=settings.polls, simulated=simulated)
        with database.write() as c:
            new = raise_alert(c, told, rule, today=now.astimezone(zone).date())
        if new:
            stored.append(new)
    return stored


@task(retries=2, retry_delay_seconds=[5, 30], cache_policy=NO_CACHE)
def deliver(workspace: Workspace, now: dt.datetime) -> Sent:
    """Sends what is due. A recipient that fails keeps its alerts pending; the next run tries again."""
    return deliver_pending(workspace.database, workspace.settings, now=now)


@flow(name="alert", validate_parameters=False)
def raise_alerts(config: str | None = None, database: str | None = None) -> Alerted:
    """Spikes found, stored and delivered."""
    now = dt.datetime.now(dt.UTC)
    with open_workspace(config, database) as workspace:
        model = open_annotator(workspace.settings).version
        raised = raise_new(workspace.database, workspace.settings, model, now)
        sent = deliver(workspace, now)
    errors = tuple(f"alert {alert} to {recipient}: {error}" for alert, recipient, error in sent.failed)
    for error in errors:
        get_run_logger().warning("not delivered, will be tried again: %s", error)
    publish_table("raised", raised, "The alerts that this run raised.")
    return Alerted(len(raised), len(sent.delivered), len(sent.failed), errors)
