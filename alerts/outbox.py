"""The outbox: an alert is stored together with what is to be sent of it, and sent after that.

A process may die at any instant: before the commit nothing happened, after it the delivery is
pending and the next run sends it. So each recipient gets an alert at least once; twice only where a
process dies between the server's answer and the record of it.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from alerts.delivery import TIMEOUT_SECONDS, Channel, DeliveryFailed, open_channel
from alerts.messages import Language, Message, message
from configs.settings import RuleSettings, Settings
from storage.alerts import alert as read_alert
from storage.alerts import claim_delivery, pending_deliveries, record_attempt, store_alert
from storage.database import Database
from storage.records import Alert, Delivery

FIRST_WAIT = dt.timedelta(minutes=1)
LONGEST_WAIT = dt.timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Sent:
    """What one run of the outbox did, as (alert id, recipient) pairs. `waiting`: backing off, or behind a failure."""

    delivered: tuple[tuple[int, str], ...] = ()
    failed: tuple[tuple[int, str, str], ...] = ()
    waiting: tuple[tuple[int, str], ...] = ()


def raise_alert(c: Connection, alert: Alert, rule: RuleSettings, *, today: dt.date) -> Alert | None:
    """Store the alert and a pending delivery to each recipient of its rule, in the caller's transaction.

    A spike more than `rule.max_age_days` before `today` (history that was imported) is stored without deliveries, and
    its explanation says so under `not_sent`. None, and nothing stored, where the alert is there already.
    """
    age = (today - dt.date.fromisoformat(alert.window)).days
    if age <= rule.max_age_days:
        return store_alert(c, alert, rule.recipients)
    historic = f"historic: more than {rule.max_age_days} days old when it was found"
    return store_alert(c, replace(alert, explanation={**alert.explanation, "not_sent": historic}), ())


def deliver_pending(
    database: Database,
    settings: Settings,
    *,
    now: dt.datetime,
    environ: Mapping[str, str] = os.environ,
    timeout: float = TIMEOUT_SECONDS,
) -> Sent:
    """Send what is pending and due, and record every attempt. A failure stays pending and never raises.

    After its n-th failure a delivery waits min(2^(n-1) minutes, six hours). A recipient who fails is left alone for the
    rest of the run, so that a server that hangs costs one timeout and not one for each alert.
    """
    return _Run(database, settings, now, environ, timeout).send_all()


def due_at(delivery: Delivery) -> dt.datetime | None:
    """When a pending delivery may be tried next; None: at once. An attempt that never ended counts like a failure."""
    if delivery.attempted_at is None:
        return None
    doublings: int = 1 << min(max(delivery.attempts - 1, 0), 16)
    return delivery.attempted_at + min(FIRST_WAIT * doublings, LONGEST_WAIT)


class _Run:
    def __init__(
        self, database: Database, settings: Settings, now: dt.datetime, environ: Mapping[str, str], timeout: float
    ) -> None:
        self.database, self.settings, self.now = database, settings, now
        self.environ, self.timeout = environ, timeout
        self.channels: dict[str, Channel] = {}
        self.broken: set[str] = set()

    def send_all(self) -> Sent:
        with self.database.read() as c:
            pending = pending_deliveries(c)
        delivered, failed, waiting = [], [], []
        # Those never tried go first: one message that a server refuses must not hold up the others for ever.
        for delivery in sorted(pending, key=lambda one: one.attempts):
            key = (delivery.alert_id, delivery.channel)
            due = due_at(delivery)
            if delivery.channel in self.broken or (due is not None and due > self.now) or not self._claimed(delivery):
                waiting.append(key)
                continue
            error = self._attempt(delivery)
            if error:
                self.broken.add(delivery.channel)
                failed.append((*key, error))
            else:
                delivered.append(key)
        return Sent(tuple(delivered), tuple(failed), tuple(waiting))

    def _claimed(self, delivery: Delivery) -> bool:
        """Whether this run, and not another at the same time, sends this one."""
        with self.database.write() as c:
            return claim_delivery(c, delivery, self.now)

    def _attempt(self, delivery: Delivery) -> str:
        """Send one and record it; "" where it arrived, else why not."""
        with self.database.read() as c:
            alert = read_alert(c, delivery.alert_id)
        try:
            self._channel(delivery.channel).send(self._message(alert), alert)
            error = ""
        except DeliveryFailed as failure:
            error = str(failure)
        with self.database.write() as c:
            record_attempt(c, delivery, not error, error)
        return error

    def _message(self, alert: Alert) -> Message:
        """In the language of its rule (English where the rule is gone), with the target's title in it."""
        languages: dict[str, Language] = {rule.name: rule.language for rule in self.settings.alerts.rules}
        language = languages.get(alert.rule, "en")
        titles = next((target.title for target in self.settings.targets if target.id == alert.target), {})
        return message(alert, language, target_title=titles.get(language) or titles.get("en", ""))

    def _channel(self, name: str) -> Channel:
        if name not in self.channels:
            recipients = {recipient.name: recipient for recipient in self.settings.alerts.recipients}
            if name not in recipients:
                raise DeliveryFailed(f"alerts.yaml has no recipient {name!r} any more; add it, or leave it pending")
            self.channels[name] = open_channel(recipients[name], self.environ, self.timeout)
        return self.channels[name]
