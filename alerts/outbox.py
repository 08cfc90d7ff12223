"""The outbox: an alert is stored together with what is to be sent of it, and sent after that.

A process may die at any instant: before the commit nothing happened, after it the delivery is
pending and the next run sends it. So each recipient gets a message at least once; twice only where a
process dies between the server's answer and the record of it.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from alerts.charts import alert_chart
from alerts.delivery import Channel, DeliveryFailed, open_channel
from alerts.messages import Language, Message, message
from alerts.timing import due_at, wait_after
from alerts.windows import last_day
from configs.settings import Settings, TellingSettings
from storage.alerts import alert as read_alert
from storage.alerts import muted, mutes, store_alert
from storage.database import Database
from storage.outbox import claim_delivery, pending_deliveries, record_delivered, record_failure
from storage.records import Alert, Delivery

_OCCASIONS = ("raised", "escalated", "ended")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """What one run of the outbox did, as (alert id, recipient) pairs, failures with why.

    `waiting`: backing off, quiet, muted, or behind a failure. `dead`: those of the failed that were given up.
    """

    delivered: tuple[tuple[int, str], ...] = ()
    failed: tuple[tuple[int, str, str], ...] = ()
    waiting: tuple[tuple[int, str], ...] = ()
    dead: tuple[tuple[int, str], ...] = ()


def raise_alert(
    c: Connection,
    alert: Alert,
    rule: TellingSettings,
    *,
    now: dt.datetime,
    zone: ZoneInfo,
    recipients: Sequence[str] | None = None,
    last: dt.date | None = None,
) -> Alert | None:
    """Store the alert and a pending delivery to each of `recipients` (those of its rule), in the caller's transaction.

    What ended (on the local day `last`, by default that of its window) more than `rule.max_age_days` ago (history that
    was imported), and what is muted, is stored without deliveries, and its explanation says so under `not_sent`. In
    quiet hours the deliveries are due when these end, unless the alert is urgent. None, and nothing stored, where the
    alert is there already.
    """
    alert, why = replace(alert, raised_at=now), ""
    if (now.astimezone(zone).date() - (last or last_day(alert))).days > rule.max_age_days:
        why = f"historic: more than {rule.max_age_days} days old when it was found"
    elif mute := muted(alert, mutes(c, now)):
        why = f"muted: {mute.subject}, by {mute.by or 'somebody'}"
    if why:
        return store_alert(c, replace(alert, explanation={**alert.explanation, "not_sent": why}), ())
    channels = rule.recipients if recipients is None else recipients
    return store_alert(c, alert, channels, due_at(alert, rule, now, zone))


def deliver_pending(
    database: Database,
    settings: Settings,
    *,
    now: dt.datetime,
    environ: Mapping[str, str] = os.environ,
    timeout: float | None = None,
    draw: Callable[[], float] = random.random,
) -> Sent:
    """Send what is pending and due, and record every attempt. A failure stays pending and never raises.

    After its n-th failure a delivery waits as `alerts.timing.wait_after` says; after the last attempt that
    `delivery.attempts` allows it is a dead letter. A recipient who fails is left alone for the rest of the run, so that
    a server that hangs costs one timeout (`timeout` seconds, by default that of the settings) and not one a message.
    """
    return _Run(database, settings, now, environ, timeout, draw).send_all()


class _Run:
    def __init__(
        self,
        database: Database,
        settings: Settings,
        now: dt.datetime,
        environ: Mapping[str, str],
        timeout: float | None,
        draw: Callable[[], float],
    ) -> None:
        self.database, self.settings, self.now, self.draw = database, settings, now, draw
        self.environ, self.policy = environ, settings.alerts.delivery
        self.timeout = self.policy.timeout_seconds if timeout is None else timeout
        self.channels: dict[str, Channel] = {}
        self.broken: set[str] = set()
        self.rules = settings.alerts.tellings

    def send_all(self) -> Sent:
        with self.database.read() as c:
            pending, active = pending_deliveries(c), mutes(c, self.now)
            alerts = {id: read_alert(c, id) for id in {delivery.alert_id for delivery in pending}}
        delivered, failed, waiting, dead = [], [], [], []
        # Those never tried go first: one message that a server refuses must not hold up the others for ever.
        for delivery in sorted(pending, key=lambda one: (one.attempts, _OCCASIONS.index(one.occasion))):
            key = (delivery.alert_id, delivery.channel)
            later = delivery.due_at is not None and delivery.due_at > self.now
            held = later or muted(alerts[delivery.alert_id], active)
            if delivery.channel in self.broken or held or not self._claimed(delivery):
                waiting.append(key)
                continue
            error, given_up = self._attempt(delivery, alerts[delivery.alert_id])
            if error:
                self.broken.add(delivery.channel)
                failed.append((*key, error))
                dead += [key] if given_up else []
            else:
                delivered.append(key)
        return Sent(tuple(delivered), tuple(failed), tuple(waiting), tuple(dead))

    def _claimed(self, delivery: Delivery) -> bool:
        """Whether this run, and not another at the same time, sends this one."""
        with self.database.write() as c:
            return claim_delivery(c, delivery, self.now, self._next(delivery))

    def _next(self, delivery: Delivery) -> dt.datetime:
        return self.now + wait_after(delivery.attempts + 1, self.policy, self.draw)

    def _attempt(self, delivery: Delivery, alert: Alert) -> tuple[str, bool]:
        """Send one and record it; why it did not arrive ("" where it did), and whether it was given up."""
        try:
            channel = self._channel(delivery.channel)
            channel.send(self._message(delivery, alert, channel.takes_charts), alert)
        except DeliveryFailed as failure:
            given_up = delivery.attempts + 1 >= self.policy.attempts
            with self.database.write() as c:
                when = {"dead_at": self.now} if given_up else {"due_at": self._next(delivery)}
                record_failure(c, delivery, str(failure), **when)
            return str(failure), given_up
        with self.database.write() as c:
            record_delivered(c, delivery, self.now)
        return "", False

    def _message(self, delivery: Delivery, alert: Alert, with_chart: bool) -> Message:
        """In the language of its rule (English where the rule is gone), with the target's title in it."""
        rule = self.rules.get(alert.rule)
        language = rule.language if rule else "en"
        titles = next((target.title for target in self.settings.targets if target.id == alert.target), {})
        title = titles.get(language) or titles.get("en", "")
        hours = (rule.escalate_after_hours if rule else None) or 0.0
        try:
            written = message(alert, language, occasion=delivery.occasion, target_title=title, hours=hours)
        except Exception as error:
            # What an older or newer version explained may not fit the template; the next alert does.
            raise DeliveryFailed(f"the message could not be made ({type(error).__name__}: {error})") from None
        recipient = next(one for one in self.settings.alerts.recipients if one.name == delivery.channel)
        wanted = with_chart and recipient.chart and delivery.occasion != "ended"
        return replace(written, chart=_chart(alert, language, title)) if wanted else written

    def _channel(self, name: str) -> Channel:
        if name not in self.channels:
            recipients = {recipient.name: recipient for recipient in self.settings.alerts.recipients}
            if name not in recipients:
                raise DeliveryFailed(f"alerts.yaml has no recipient {name!r} any more; add it, or leave it pending")
            self.channels[name] = open_channel(recipients[name], self.environ, self.timeout)
        return self.channels[name]


def _chart(alert: Alert, language: Language, title: str) -> bytes | None:
    """The chart, or None where there is none or it cannot be drawn: a message must not wait for a picture."""
    try:
        return alert_chart(alert, language, title)
    except Exception as error:
        _log.warning("alert %s goes out without its chart (%s)", alert.id, type(error).__name__)
        return None
