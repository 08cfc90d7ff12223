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
    annotate_alert,
    deliveries,
    end_alert,
    mute,
    muted,
    mutes,
    store_alert,
    unmute,
)
from storage.database import Database
from storage.errors import UnknownAlert
from storage.outbox import pending_deliveries
from storage.records import Alert, Delivery

MINUTE = dt.timedelta(minutes=1)
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


def test_a_note_stays_beside_its_alert(database: Database) -> None:
    store(database, ALERT)
    with database.write() as c:
        acknowledge(c, 1, "Айгүл", "a rumour about rents", NOON)
        noted = annotate_alert(c, 1, "Bolat", " denied by the akimat ", NOON + MINUTE)
        assert noted.acknowledged_at == NOON
        assert [(note["by"], note["text"]) for note in noted.notes] == [
            ("Айгүл", "a rumour about rents"),
            ("Bolat", "denied by the akimat"),
        ]
        assert noted.notes[1]["at"] == "2026-03-02T12:01:00+00:00"
        with pytest.raises(ValueError, match="the note is empty"):
            annotate_alert(c, 1, "Bolat", " ")


def test_an_alert_closes_once_it_is_over_and_somebody_has_taken_note(database: Database) -> None:
    store(database, ALERT)
    store(database, replace(ALERT, window="b"))
    with database.write() as c:
        assert end_alert(c, 1, NOON.date(), {"peak": 50})
        assert not end_alert(c, 1, dt.date(2027, 1, 1))
        over = alert(c, 1)
        assert (over.state, over.ended, over.explanation["peak"], over.explanation["top"]) == (
            "open",
            NOON.date(),
            50,
            0.25,
        )
        assert acknowledge(c, 1, "me").state == "closed"
        acknowledge(c, 2, "me")
        end_alert(c, 2, NOON.date())
        assert alert(c, 2).state == "closed"


def test_a_mute_holds_until_its_time(database: Database) -> None:
    with database.write() as c:
        mute(c, "surge", NOON + MINUTE, "me", "known")
        mute(c, "qala-news", NOON + 2 * MINUTE, "me")
        mute(c, "surge", NOON + 3 * MINUTE, "me", "longer")
        assert [(one.subject, one.note) for one in mutes(c, NOON)] == [("qala-news", ""), ("surge", "longer")]
        assert muted(ALERT, mutes(c, NOON + 2 * MINUTE)) is not None
        assert muted(ALERT, mutes(c, NOON + 3 * MINUTE)) is None
        assert unmute(c, "surge")
        assert not unmute(c, "surge")
        by_source = replace(ALERT, rule="other", group="source", value="qala-news")
        assert muted(by_source, mutes(c, NOON)) is not None
        assert muted(replace(by_source, group="language"), mutes(c, NOON)) is None
    with database.write() as c, pytest.raises(ValueError, match="a time with its zone"):
        mute(c, "surge", dt.datetime(2026, 1, 1), "me")


def test_the_kinds_of_alerts_are_listed_apart(database: Database) -> None:
    store(database, ALERT)
    store(database, replace(ALERT, rule="coverage", kind="coverage"))
    with database.read() as c:
        assert [one.id for one in alerts(c, kind="coverage")] == [2]
        assert [one.id for one in alerts(c, "open", "opinion")] == [1]
