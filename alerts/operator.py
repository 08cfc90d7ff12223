"""Troubles of the monitor itself in, alerts to the operator out: a flow that fails or is late, once for each streak."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.engine import Connection

from alerts.follow_up import end
from alerts.outbox import raise_alert
from configs.settings import Settings
from storage.alerts import alerts, explain_further
from storage.records import Alert

_MOST_WORDS = 300


def flow_failed(
    c: Connection, settings: Settings, flow: str, reason: str, *, now: dt.datetime, finished: dt.datetime | None = None
) -> Alert | None:
    """Raise the alert of a streak of failures; None where it is raised already, and the failure is counted there.

    `reason`: why, in words without secrets. `finished`: when a run of the flow last ended well.
    """
    for known in _lasting(c, flow):
        if known.measure == "failed":
            count = int(known.explanation.get("failures", 1)) + 1
            explain_further(c, int(known.id or 0), {"failures": count, "reason": reason[:_MOST_WORDS]})
            return None
    told = {"reason": reason[:_MOST_WORDS], "failures": 1}
    return _raise(c, settings, flow, "failed", now, 1.0, 0.0, {**told, **_finished(settings, finished)})


def flow_late(
    c: Connection,
    settings: Settings,
    flow: str,
    *,
    due: str,
    now: dt.datetime,
    finished: dt.datetime | None = None,
) -> Alert | None:
    """Raise the alert that a flow has not finished a run for more than `late_after` of its intervals.

    None where it is told of already, as late or as failing. `due`: its schedule, as the configuration says it.
    """
    if _lasting(c, flow):
        return None
    intervals = float(settings.monitor.schedule.late_after)
    return _raise(c, settings, flow, "late", now, 0.0, intervals, {"due": due, **_finished(settings, finished)})


def flow_recovered(c: Connection, settings: Settings, flow: str, *, now: dt.datetime) -> list[int]:
    """A run of the flow ended well: its alerts are over, and who was told of them is told so. Returns their ids."""
    zone = settings.monitor.zone
    told = {"recovered": _moment(settings, now)}
    return [
        int(alert.id or 0)
        for alert in _lasting(c, flow)
        if end(c, alert, now.astimezone(zone).date(), told, settings.alerts.operator, now=now, zone=zone)
    ]


def _lasting(c: Connection, flow: str) -> list[Alert]:
    return [one for one in alerts(c, kind="operator") if one.value == flow and one.ended is None]


def _raise(
    c: Connection,
    settings: Settings,
    flow: str,
    measure: str,
    now: dt.datetime,
    observed: float,
    expected: float,
    told: dict[str, object],
) -> Alert | None:
    zone, rule = settings.monitor.zone, settings.alerts.operator
    alert = Alert(
        rule=rule.name,
        target="",
        group="flow",
        value=flow,
        window=now.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S"),
        measure=measure,
        observed=observed,
        expected=expected,
        upper=expected,
        score=1.0,
        kind="operator",
        explanation={**told, "since": _moment(settings, now)},
    )
    return raise_alert(c, alert, rule, now=now, zone=zone)


def _finished(settings: Settings, at: dt.datetime | None) -> dict[str, object]:
    return {"finished": _moment(settings, at)} if at else {}


def _moment(settings: Settings, at: dt.datetime) -> str:
    return f"{at.astimezone(settings.monitor.zone):%Y-%m-%d %H:%M} ({settings.monitor.timezone})"
