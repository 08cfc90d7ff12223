"""What is told after the alert: that it is over, that nobody took note; and when nothing is told at all."""

from __future__ import annotations

import datetime as dt

import pytest
from watching import DAY_OF_SPIKE, at, day, look, settings_with, spike

import flows.spikes
from alerts.follow_up import escalate
from alerts.outbox import deliver_pending
from alerts.scoring import score
from storage.alerts import acknowledge, alert, alerts, deliveries, mute

RULE = {"name": "mentions", "target": "migrants", "recipients": ["hook"]}
INSISTENT = {**RULE, "escalate_after_hours": 4, "escalate_to": ["log"]}
HOUR = dt.timedelta(hours=1)


def occasions(database, id=1):
    with database.read() as c:
        return [(one.channel, one.occasion) for one in deliveries(c, id)]


def escalated(database, settings, now):
    with database.write() as c:
        return escalate(c, settings.alerts, now=now, zone=settings.monitor.zone)


def test_those_who_were_told_of_a_spike_are_told_when_it_is_over(database, settings, webhook):
    watched = settings_with(settings, [RULE])
    spike(database, DAY_OF_SPIKE + 2)
    (raised,), _ = look(database, watched, DAY_OF_SPIKE + 1)
    assert (raised.window, raised.ended) == (str(day(DAY_OF_SPIKE)), None)
    spike(database, DAY_OF_SPIKE + 4)
    assert look(database, watched, DAY_OF_SPIKE + 4)[0] == []
    with database.read() as c:
        over = alert(c, 1)
    assert (over.ended, over.state) == (day(DAY_OF_SPIKE + 1), "open")
    assert (over.explanation["steps_above"], over.explanation["peak_window"]) == (1, str(day(DAY_OF_SPIKE)))
    assert occasions(database) == [("hook", "ended"), ("hook", "raised")]
    deliver_pending(database, watched, now=at(DAY_OF_SPIKE + 5), environ={"TEST_HOOK": webhook.url})
    titles = [one["title"] for one in webhook.received]
    assert titles[1].startswith("Over: migrants: a spike")
    assert titles[0].startswith("migrants: a spike")


def test_a_spike_that_is_over_when_it_is_found_says_so_at_once(database, settings, webhook):
    watched = settings_with(settings, [RULE])
    spike(database, DAY_OF_SPIKE + 4)
    look(database, watched, DAY_OF_SPIKE + 4)
    look(database, watched, DAY_OF_SPIKE + 4)
    assert occasions(database) == [("hook", "raised")]
    deliver_pending(database, watched, now=at(DAY_OF_SPIKE + 5), environ={"TEST_HOOK": webhook.url})
    assert f"It was over by {day(DAY_OF_SPIKE + 1)}." in webhook.received[0]["message"]


def test_without_follow_up_nobody_is_told(database, settings):
    watched = settings_with(settings, [{**RULE, "follow_up": False}])
    spike(database, DAY_OF_SPIKE + 2)
    look(database, watched, DAY_OF_SPIKE + 1)
    spike(database, DAY_OF_SPIKE + 4)
    look(database, watched, DAY_OF_SPIKE + 4)
    assert occasions(database) == [("hook", "raised")]


@pytest.fixture
def raised(database, settings):
    """An alert raised at noon of the day after its spike, by a rule that escalates after four hours."""
    watched = settings_with(settings, [INSISTENT])
    spike(database, DAY_OF_SPIKE + 2)
    look(database, watched, DAY_OF_SPIKE + 1)
    with database.read() as c:
        (stored,) = alerts(c)
    return watched, stored.raised_at


def test_nobody_took_note_so_somebody_else_is_told_once(database, raised, tmp_path):
    watched, since = raised
    assert escalated(database, watched, since + 3.9 * HOUR) == []
    assert escalated(database, watched, since + 4 * HOUR) == [1]
    assert escalated(database, watched, since + 9 * HOUR) == []
    assert occasions(database) == [("hook", "raised"), ("log", "escalated")]
    deliver_pending(database, watched, now=since + 5 * HOUR, environ={})
    line = (tmp_path / "var" / "alerts.log").read_text(encoding="utf-8")
    assert "NOT ACKNOWLEDGED: migrants" in line
    assert "within 4 hours" in line


def test_an_alert_that_somebody_took_note_of_is_not_escalated(database, raised):
    watched, since = raised
    with database.write() as c:
        acknowledge(c, 1, "me")
    assert escalated(database, watched, since + 9 * HOUR) == []


def test_a_muted_alert_is_neither_escalated_nor_sent(database, raised, webhook):
    watched, since = raised
    with database.write() as c:
        mute(c, "migrants", since + 6 * HOUR, "me")
    assert escalated(database, watched, since + 5 * HOUR) == []
    environ = {"TEST_HOOK": webhook.url}
    assert deliver_pending(database, watched, now=since + 5 * HOUR, environ=environ).waiting == ((1, "hook"),)
    assert deliver_pending(database, watched, now=since + 6 * HOUR, environ=environ).delivered == ((1, "hook"),)


def test_what_is_found_while_it_is_muted_is_stored_and_not_sent(database, settings):
    with database.write() as c:
        mute(c, "mentions", at(DAY_OF_SPIKE + 3), "aigerim")
    spike(database, DAY_OF_SPIKE + 2)
    (stored,), _ = look(database, settings_with(settings, [RULE]), DAY_OF_SPIKE + 1)
    assert stored.explanation["not_sent"] == "muted: mentions, by aigerim"
    assert occasions(database) == []


def test_a_rule_that_its_detector_refuses_does_not_stop_the_others(database, settings, monkeypatch):
    spike(database, DAY_OF_SPIKE + 2)
    broken = {**RULE, "name": "refused", "detector": "farrington", "alpha": 0.01}

    def refuse(rule, counts, **more):
        if rule.name == "refused":
            raise ValueError("the series is too odd")
        return score(rule, counts, **more)

    monkeypatch.setattr(flows.spikes, "score", refuse)
    raised, watch = look(database, settings_with(settings, [broken, RULE]), DAY_OF_SPIKE + 1)
    assert [one.rule for one in raised] == ["mentions"]
    assert watch.broken == ["rule refused: the series is too odd"]
