from __future__ import annotations

import datetime as dt
import email
import email.policy
import json
import logging
import socket
import stat
import threading
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller

from alerts.outbox import deliver_pending, raise_alert
from alerts.timing import wait_after
from configs.settings import DeliverySettings
from storage.alerts import alerts, deliveries
from storage.outbox import claim_delivery, pending_deliveries
from storage.records import Alert

NOW = dt.datetime(2022, 9, 23, 6, tzinfo=dt.UTC)
ZONE = ZoneInfo("Asia/Almaty")
MINUTE = dt.timedelta(minutes=1)


send = partial(deliver_pending, draw=lambda: 0.5)


def an_alert(rule: str = "rule-en", window: str = "2022-09-21") -> Alert:
    explanation = {
        "times_expected": 3.0,
        "by_source": [],
        "by_language": [],
        "event": {"date": window, "name": "Мобилизация – ә ғ қ ң ө ұ ү һ і", "days_after": 0},
    }
    return Alert(rule, "migrants", "all", "all", window, "mentions", 90.0, 30.0, 45.0, 6.0, explanation=explanation)


def raised(database, settings, alert):
    rule = next(rule for rule in settings.alerts.rules if rule.name == alert.rule)
    with database.write() as c:
        return raise_alert(c, alert, rule, now=NOW, zone=ZONE)


def sent_of(database, id):
    with database.read() as c:
        return {one.channel: (one.attempts, one.delivered_at is not None, one.error) for one in deliveries(c, id)}


def test_an_alert_reaches_every_recipient_once(database, settings, webhook, tmp_path):
    stored = raised(database, settings, an_alert())
    environ = {"TEST_HOOK": webhook.url}
    first = send(database, settings, now=NOW, environ=environ)
    assert first.delivered == ((stored.id, "hook"), (stored.id, "log"))
    again = send(database, settings, now=NOW + dt.timedelta(days=1), environ=environ)
    assert again.delivered == again.failed == again.waiting == ()
    (received,) = webhook.received
    assert received["title"] == "migrants: a spike in mentions on 2022-09-21"
    assert "Мобилизация – ә ғ қ ң ө ұ ү һ і" in received["message"]
    assert f"pikir alerts show {stored.id}" in received["message"]
    log = tmp_path / "var" / "alerts.log"
    (line,) = log.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["observed"] == 90.0
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_the_same_alert_is_not_stored_twice(database, settings):
    assert raised(database, settings, an_alert()) is not None
    assert raised(database, settings, an_alert()) is None
    with database.read() as c:
        assert len(pending_deliveries(c)) == 2


def test_russian_goes_out_in_russian(database, settings, webhook):
    raised(database, settings, an_alert("rule-ru"))
    send(database, settings, now=NOW, environ={"TEST_HOOK": webhook.url})
    assert webhook.received[0]["title"] == "Мигранты: всплеск, упоминания, 2022-09-21"


def test_mail_arrives_with_its_cyrillic_intact(database, settings):
    letters = []

    class Keep:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802
            letters.append(envelope)
            return "250 kept"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Keep(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        url = f"mailto://127.0.0.1:{port}?from=pikir@example.org&to=duty@example.org&mode=insecure"
        stored = raised(database, settings, an_alert("rule-kk"))
        sent = send(database, settings, now=NOW, environ={"TEST_MAIL": url})
    finally:
        controller.stop()
    assert sent.delivered == ((stored.id, "mail"),)
    (letter,) = letters
    assert letter.rcpt_tos == ["duty@example.org"]
    parsed = email.message_from_bytes(letter.content, policy=email.policy.default)
    assert parsed["Subject"] == "Көшіп келгендер: күрт өсу, аталымдар, 2022-09-21"
    body = parsed.get_body(("plain",))
    assert body is not None
    assert "Мобилизация – ә ғ қ ң ө ұ ү һ і" in body.get_content()


def test_a_server_that_fails_twice_gets_it_the_third_time_and_once(database, settings, webhook):
    webhook.answers = [500, 503, 200]
    stored, environ = raised(database, settings, an_alert("rule-ru")), {"TEST_HOOK": webhook.url}
    assert send(database, settings, now=NOW, environ=environ).failed == (
        (stored.id, "hook", "the server answered 500"),
    )
    # One minute after the first failure, two after the second.
    assert send(database, settings, now=NOW + MINUTE / 2, environ=environ).waiting == ((stored.id, "hook"),)
    assert send(database, settings, now=NOW + MINUTE, environ=environ).failed[0][2] == "the server answered 503"
    assert send(database, settings, now=NOW + 2 * MINUTE, environ=environ).waiting == ((stored.id, "hook"),)
    assert send(database, settings, now=NOW + 3 * MINUTE, environ=environ).delivered == ((stored.id, "hook"),)
    assert send(database, settings, now=NOW + 99 * MINUTE, environ=environ).delivered == ()
    assert len(webhook.received) == 1
    assert sent_of(database, stored.id) == {"hook": (3, True, "")}


def test_a_server_that_hangs_costs_one_timeout_and_the_others_are_served(database, settings, webhook, tmp_path):
    webhook.answers = [0]
    for number in range(5):
        raised(database, settings, an_alert(window=f"2022-09-1{number}"))
    sent = send(database, settings, now=NOW, environ={"TEST_HOOK": webhook.url}, timeout=0.3)
    assert sent.failed == ((1, "hook", "no answer in time"),)
    assert len(sent.waiting) == 4
    assert [channel for _, channel in sent.delivered] == ["log"] * 5


def test_one_that_is_refused_does_not_hold_up_the_next(database, settings, webhook):
    raised(database, settings, an_alert("rule-ru", "2022-09-20"))
    webhook.answers = [400, 200]
    environ = {"TEST_HOOK": webhook.url}
    send(database, settings, now=NOW, environ=environ)
    second = raised(database, settings, an_alert("rule-ru", "2022-09-21"))
    sent = send(database, settings, now=NOW + 5 * MINUTE, environ=environ)
    assert sent.delivered[0] == (second.id, "hook")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "the environment variable TEST_HOOK is not set; put the Apprise URL of the recipient hook there"),
        ({"TEST_HOOK": "nonsense://hush"}, "TEST_HOOK holds no URL that Apprise knows"),
        ({"TEST_HOOK": "json://user:hush@127.0.0.1:1/hush"}, "the connection was refused"),
        ({"TEST_HOOK": "json://hush.invalid/hush"}, "the host name was not found"),
    ],
)
def test_a_failure_is_kept_with_its_reason_and_without_the_secret(database, settings, environ, words, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    stored = raised(database, settings, an_alert("rule-ru"))
    sent = send(database, settings, now=NOW, environ=environ)
    assert words in sent.failed[0][2]
    attempts, delivered, error = sent_of(database, stored.id)["hook"]
    assert (attempts, delivered) == (1, False)
    assert words in error
    for told in (error, str(sent), caplog.text, *capfd.readouterr()):
        assert "hush" not in told


def test_history_is_stored_and_not_sent(database, settings, webhook):
    stored = raised(database, settings, an_alert(window="2022-09-01"))
    assert stored.explanation["not_sent"] == "historic: more than 14 days old when it was found"
    sent = send(database, settings, now=NOW, environ={"TEST_HOOK": webhook.url})
    assert (sent.delivered, sent.failed, sent.waiting) == ((), (), ())
    with database.read() as c:
        assert [alert.state for alert in alerts(c)] == ["open"]


def test_a_recipient_that_was_removed_is_said(database, settings):
    raised(database, settings, an_alert("rule-ru"))
    bare = settings.model_copy(update={"alerts": settings.alerts.model_copy(update={"recipients": (), "rules": ()})})
    sent = deliver_pending(database, bare, now=NOW, environ={})
    assert "no recipient 'hook' any more" in sent.failed[0][2]


def test_a_log_file_that_cannot_be_written_is_said(database, settings, tmp_path):
    (tmp_path / "var").write_text("a file where the folder should be")
    raised(database, settings, an_alert())
    sent = send(database, settings, now=NOW, environ={})
    assert any("cannot write" in error and "alerts.log" in error for _, _, error in sent.failed)


def test_two_runs_at_once_send_once(database, settings, webhook):
    for number in range(6):
        raised(database, settings, an_alert("rule-ru", f"2022-09-1{number}"))
    runs = [
        threading.Thread(
            target=send,
            args=(database, settings),
            kwargs={"now": NOW, "environ": {"TEST_HOOK": webhook.url}},
        )
        for _ in range(2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(webhook.received) == 6


def test_a_run_that_died_between_claim_and_answer_is_made_up_for(database, settings, webhook):
    raised(database, settings, an_alert("rule-ru"))
    with database.write() as c:
        (pending,) = pending_deliveries(c)
        assert claim_delivery(c, pending, NOW, NOW + MINUTE)
        assert not claim_delivery(c, pending, NOW)
    environ = {"TEST_HOOK": webhook.url}
    assert send(database, settings, now=NOW, environ=environ).waiting
    assert send(database, settings, now=NOW + MINUTE, environ=environ).delivered


def test_the_wait_doubles_up_to_six_hours_a_tenth_more_or_less():
    policy = DeliverySettings()
    middle = [wait_after(n, policy, lambda: 0.5) for n in (1, 2, 3, 10, 10_000)]
    assert middle == [MINUTE, 2 * MINUTE, 4 * MINUTE, 360 * MINUTE, 360 * MINUTE]
    assert (wait_after(1, policy, lambda: 0.0), wait_after(1, policy, lambda: 1.0)) == (0.9 * MINUTE, 1.1 * MINUTE)
