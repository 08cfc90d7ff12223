"""What is told after an alert was raised: that nobody has acknowledged it, and that it is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from alerts.timing import due_at, is_urgent, quiet_until
from alerts.windows import last_day
from configs.settings import AlertSettings, TellingSettings
from storage.alerts import alerts, deliveries, end_alert, muted, mutes
from storage.outbox import add_deliveries
from storage.records import Alert


def end(
    c: Connection,
    alert: Alert,
    ended: dt.date,
    explanation: Mapping[str, Any],
    rule: TellingSettings,
    *,
    now: dt.datetime,
    zone: ZoneInfo,
) -> bool:
    """Record that a stored alert was over on the local day `ended`, and tell those who were told of it.

    False, and nothing written, where that was recorded before.
    """
    if alert.id is None or not end_alert(c, alert.id, ended, dict(explanation)):
        return False
    if rule.follow_up:
        told = [one.channel for one in deliveries(c, alert.id) if one.occasion != "ended"]
        add_deliveries(c, alert.id, told, "ended", quiet_until(rule, now, zone))
    return True


def escalate(c: Connection, settings: AlertSettings, *, now: dt.datetime, zone: ZoneInfo) -> list[int]:
    """Add deliveries to `escalate_to` for every alert that nobody has acknowledged in time; the ids of those alerts.

    The time runs from when the alert was due (raised, or the end of the quiet hours), whether or not it could be
    delivered. Alerts that are over, muted, or were never sent are left alone, and each is escalated once.
    """
    rules = {name: rule for name, rule in settings.tellings.items() if rule.escalate_to}
    active = mutes(c, now)
    escalated = []
    for alert in alerts(c, "open") if rules else []:
        rule = rules.get(alert.rule)
        if rule and alert.ended is None and not muted(alert, active) and _overdue(c, alert, rule, now, zone):
            add_deliveries(c, int(alert.id or 0), rule.escalate_to, "escalated", due_at(alert, rule, now, zone))
            escalated.append(int(alert.id or 0))
    return escalated


def _overdue(c: Connection, alert: Alert, rule: TellingSettings, now: dt.datetime, zone: ZoneInfo) -> bool:
    if alert.raised_at is None or rule.escalate_after_hours is None:
        return False
    if (now.astimezone(zone).date() - last_day(alert)).days > rule.max_age_days:
        return False
    occasions = {one.occasion for one in deliveries(c, int(alert.id or 0))}
    if "raised" not in occasions or "escalated" in occasions:
        return False
    quiet = None if is_urgent(alert, rule) else quiet_until(rule, alert.raised_at, zone)
    return now >= (quiet or alert.raised_at) + dt.timedelta(hours=rule.escalate_after_hours)
