"""What is to be sent is claimed by one process, recorded once, given up after too many attempts, and taken up again."""

from __future__ import annotations

import datetime as dt

from storage.alerts import store_alert
from storage.database import Database
from storage.outbox import (
    add_deliveries,
    claim_delivery,
    dead_letters,
    deliveries,
    pending_deliveries,
    record_delivered,
    record_failure,
    requeue,
)
from storage.records import Alert, Delivery

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
ALERT = Alert("surge", "migrants", "all", "all", "2026-03-01", "mentions", 40, 10, 21.5, 4.2, raised_at=NOON)


def store(database: Database, *channels: str) -> None:
    with database.write() as c:
        store_alert(c, ALERT, channels, NOON)


def test_a_failed_attempt_stays_pending_until_one_arrives(database: Database) -> None:
    store(database, "mail")
    with database.write() as c:
        (read,) = pending_deliveries(c)
        assert read == Delivery(1, "mail", due_at=NOON)
        assert claim_delivery(c, read, NOON, NOON + MINUTE)
        record_failure(c, read, "refused", due_at=NOON + 2 * MINUTE)
        (pending,) = pending_deliveries(c)
        assert (pending.attempts, pending.error, pending.due_at) == (1, "refused", NOON + 2 * MINUTE)
        assert claim_delivery(c, pending, NOON + 2 * MINUTE)
        assert record_delivered(c, pending, NOON + 2 * MINUTE)
        assert not record_delivered(c, pending, NOON + 9 * MINUTE)
        assert pending_deliveries(c) == []
        (sent,) = deliveries(c, 1)
        assert (sent.attempts, sent.error, sent.delivered_at) == (2, "", NOON + 2 * MINUTE)


def test_a_delivery_is_claimed_once_and_tried_again_where_the_attempt_never_ended(database: Database) -> None:
    store(database, "mail")
    with database.write() as c:
        (read,) = pending_deliveries(c)
        assert claim_delivery(c, read, NOON, NOON + MINUTE)
        assert not claim_delivery(c, read, NOON + MINUTE / 60)
        (again,) = pending_deliveries(c)
        assert (again.attempts, again.attempted_at, again.due_at) == (1, NOON, NOON + MINUTE)
        assert claim_delivery(c, again, NOON + MINUTE)


def test_dead_letters_are_taken_up_again_when_asked(database: Database) -> None:
    store(database, "mail", "hook", "log")
    with database.write() as c:
        for read in pending_deliveries(c)[:2]:
            claim_delivery(c, read, NOON)
            record_failure(c, read, "refused", dead_at=NOON)
        assert [one.channel for one in dead_letters(c)] == ["hook", "log"]
        assert [one.channel for one in pending_deliveries(c)] == ["mail"]
        assert requeue(c, 1, "log") == 1
        assert requeue(c, 2) == 0
        assert [(one.channel, one.attempts) for one in pending_deliveries(c)] == [("log", 0), ("mail", 0)]
        assert requeue(c) == 1
        assert dead_letters(c) == []


def test_each_occasion_goes_to_a_channel_once(database: Database) -> None:
    store(database, "mail")
    with database.write() as c:
        add_deliveries(c, 1, ["mail", "phone"], "escalated")
        add_deliveries(c, 1, ["mail", "phone"], "escalated", NOON + MINUTE)
        found = [(one.channel, one.occasion, one.due_at) for one in deliveries(c)]
    assert found == [("mail", "escalated", None), ("mail", "raised", NOON), ("phone", "escalated", None)]
