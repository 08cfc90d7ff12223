"""An alert is stored once, together with what is to be sent of it."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from storage.alerts import (
    acknowledge,
    alert,
    alerts,
    claim_delivery,
    deliveries,
    pending_deliveries,
    record_attempt,
    store_alert,
)
from storage.database import Database
from storage.errors import UnknownAlert
from storage.records import Alert, Delivery

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
ALERT = Alert(
    "surge", "migrants", "language", "kk", "2026-03-01", "mentions", 40, 10, 21.5, 4.2,
    explanation={"words": ["қоныс", "жұмыс"], "top": 0.25}, raised_at=NOON,
)  # fmt: skip


def store(database: Database, one: Alert, *channels: str) -> Alert | None:
    with database.write() as c:
        return store_alert(c, one, channels)


def test_an_alert_and_its_deliveries_are_stored_together(database: Database) -> None:
    assert store(database, ALERT, "log", "mail", "log") == replace(ALERT, id=1)
    with database.read() as c:
        assert alert(c, 1) == replace(ALERT, id=1)
        assert pending_deliveries(c) == [Delivery(1, "log"), Delivery(1, "mail")]


def test_the_same_alert_again_is_nothing(database: Database) -> None:
    store(database, ALERT, "log")
    assert store(database, replace(ALERT, observed=99), "log", "mail") is None
    with database.read() as c:
        assert [one.observed for one in alerts(c)] == [40]
        assert len(pending_deliveries(c)) == 1


def test_ids_are_without_gaps_in_the_order_of_storing(database: Database) -> None:
    for window in ("a", "a", "b", "c"):
        store(database, replace(ALERT, window=window))
    with database.read() as c:
        assert [(one.id, one.window) for one in alerts(c)] == [(1, "a"), (2, "b"), (3, "c")]


def test_two_processes_that_find_the_same_spike_store_it_once(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        stored = list(pool.map(lambda _: store(database, ALERT, "log"), range(8)))
    assert sum(one is not None for one in stored) == 1
    with database.read() as c:
        assert len(deliveries(c, 1)) == 1


def test_an_alert_without_a_time_gets_one(database: Database) -> None:
    stored = store(database, replace(ALERT, raised_at=None))
    assert stored is not None
    assert stored.raised_at is not None
    assert stored.raised_at.tzinfo == dt.UTC


def test_who_took_note_is_kept(database: Database) -> None:
    store(database, ALERT)
    store(database, replace(ALERT, window="b"))
    with database.write() as c:
        noted = acknowledge(c, 1, "Айгүл")
        assert (noted.state, noted.acknowledged_by) == ("acknowledged", "Айгүл")
        assert acknowledge(c, 1, "Someone else") == noted
        assert [one.id for one in alerts(c, "open")] == [2]
        assert alerts(c, "acknowledged") == [noted]


def test_an_unknown_alert_says_where_to_look(database: Database) -> None:
    with database.write() as c, pytest.raises(UnknownAlert, match="no alert 7; `pikir alerts list`"):
        acknowledge(c, 7, "me")


def test_a_failed_attempt_stays_pending_until_one_arrives(database: Database) -> None:
    store(database, ALERT, "mail")
    with database.write() as c:
        record_attempt(c, Delivery(1, "mail"), ok=False, error="refused")
        (pending,) = pending_deliveries(c)
        assert (pending.attempts, pending.error, pending.delivered_at) == (1, "refused", None)
        record_attempt(c, pending, ok=True)
        assert pending_deliveries(c) == []
        (sent,) = deliveries(c, 1)
        assert (sent.attempts, sent.error) == (2, "")
        assert sent.delivered_at is not None


def test_a_delivery_is_claimed_once(database: Database) -> None:
    store(database, ALERT, "mail")
    with database.write() as c:
        (read,) = pending_deliveries(c)
        assert claim_delivery(c, read, NOON)
        assert not claim_delivery(c, read, NOON + dt.timedelta(seconds=1))
        (again,) = pending_deliveries(c)
        assert again.attempted_at == NOON
        assert claim_delivery(c, again, NOON + dt.timedelta(minutes=1))
