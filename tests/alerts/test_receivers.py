"""Real receivers on the loopback: a mail server and a webhook that refuse, fail twice, hang, answer slowly or die."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import socket
import threading
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from alerts.outbox import deliver_pending, raise_alert
from storage.outbox import dead_letters, deliveries, requeue
from storage.records import Alert

NOW = dt.datetime(2022, 9, 23, 6, tzinfo=dt.UTC)
ZONE = ZoneInfo("Asia/Almaty")
HOUR = dt.timedelta(hours=1)
SERIES = [
    {"time": f"2022-09-{n:02}", "observed": 20.0 + n, "expected": 20.0, "upper": 30.0, "alert": n == 21}
    for n in range(1, 22)
]
ALERT = Alert(
    "rule-kk", "migrants", "all", "all", "2022-09-21", "mentions", 90.0, 30.0, 45.0, 6.0, explanation={"series": SERIES}
)
send = partial(deliver_pending, draw=lambda: 0.5)


def raised(database, settings, alert=ALERT, **changes):
    rule = next(rule for rule in settings.alerts.rules if rule.name == alert.rule).model_copy(update=changes)
    with database.write() as c:
        return raise_alert(c, alert, rule, now=NOW, zone=ZONE)


def with_attempts(settings, attempts):
    policy = settings.alerts.delivery.model_copy(update={"attempts": attempts})
    return settings.model_copy(update={"alerts": settings.alerts.model_copy(update={"delivery": policy})})


def test_mail_brings_the_chart_along(database, settings, mail):
    raised(database, settings)
    assert send(database, settings, now=NOW, environ={"TEST_MAIL": mail.url}).delivered == ((1, "mail"),)
    (letter,) = mail.letters
    (file,) = letter.iter_attachments()
    assert file.get_filename() == "alert-1-2022-09-21.png"
    assert file.get_content().startswith(b"\x89PNG")
    assert letter["Subject"] == "Көшіп келгендер: күрт өсу, аталымдар, 2022-09-21"


def test_a_webhook_gets_the_chart_too_unless_it_is_not_wanted(database, settings, webhook):
    raised(database, settings, replace(ALERT, rule="rule-ru"))
    send(database, settings, now=NOW, environ={"TEST_HOOK": webhook.url})
    (file,) = webhook.received[0]["attachments"]
    assert base64.b64decode(file["base64"]).startswith(b"\x89PNG")
    plain = [one.model_copy(update={"chart": False}) for one in settings.alerts.recipients]
    without = settings.model_copy(update={"alerts": settings.alerts.model_copy(update={"recipients": tuple(plain)})})
    raised(database, settings, replace(ALERT, rule="rule-ru", window="2022-09-20"))
    send(database, without, now=NOW, environ={"TEST_HOOK": webhook.url})
    assert webhook.received[1]["attachments"] == []


def test_mail_that_is_refused_twice_arrives_the_third_time(database, settings, mail):
    mail.answers = ["451 greylisted", "552 over quota", "250 kept"]
    raised(database, settings)
    environ = {"TEST_MAIL": mail.url}
    for hours in (0, 1, 2, 3):
        send(database, settings, now=NOW + hours * HOUR, environ=environ)
    with database.read() as c:
        (one,) = deliveries(c)
    assert (one.attempts, one.delivered_at, one.error) == (3, NOW + 2 * HOUR, "")
    assert len(mail.letters) == 1


def test_a_mail_server_that_hangs_costs_its_timeout(database, settings, mail):
    mail.answers = [""]
    raised(database, settings, replace(ALERT, explanation={}))  # no chart, whose drawing would be timed too
    begin = dt.datetime.now()
    sent = send(database, settings, now=NOW, environ={"TEST_MAIL": mail.url}, timeout=0.5)
    assert dt.datetime.now() - begin < dt.timedelta(seconds=2.5)
    assert sent.failed == ((1, "mail", "no answer in time"),)


def test_a_wrong_password_is_said_and_not_shown(database, settings, mail, capfd, caplog):
    raised(database, settings)
    url = mail.url.replace("hush-hush", "hush-wrong")
    sent = send(database, settings, now=NOW, environ={"TEST_MAIL": url})
    assert sent.failed == ((1, "mail", "user or password were not accepted"),)
    assert "hush" not in "".join((caplog.text, *capfd.readouterr(), repr(sent)))


def test_after_the_last_attempt_it_is_a_dead_letter_until_somebody_takes_it_up(database, settings, webhook):
    webhook.answers = [500]
    few, environ = with_attempts(settings, 3), {"TEST_HOOK": webhook.url}
    raised(database, settings, replace(ALERT, rule="rule-ru"))
    sent = [send(database, few, now=NOW + hours * HOUR, environ=environ) for hours in range(5)]
    assert [len(one.failed) for one in sent] == [1, 1, 1, 0, 0]
    assert [one.dead for one in sent] == [(), (), ((1, "hook"),), (), ()]
    with database.write() as c:
        (dead,) = dead_letters(c)
        assert (dead.attempts, dead.error, dead.dead_at) == (3, "the server answered 500", NOW + 2 * HOUR)
        assert requeue(c, 1, "hook") == 1
    webhook.answers = [200]
    assert send(database, few, now=NOW + 9 * HOUR, environ=environ).delivered == ((1, "hook"),)
    with database.read() as c:
        assert dead_letters(c) == []


def test_quiet_hours_hold_a_message_until_they_end_and_not_what_is_urgent(database, settings, webhook):
    environ = {"TEST_HOOK": webhook.url}
    quiet = {"quiet_hours": "11:00-14:00"}  # it is noon in Almaty
    raised(database, settings, replace(ALERT, rule="rule-ru"), **quiet)
    assert send(database, settings, now=NOW, environ=environ).waiting == ((1, "hook"),)
    assert send(database, settings, now=NOW + 1.9 * HOUR, environ=environ).waiting == ((1, "hook"),)
    assert send(database, settings, now=NOW + 2 * HOUR, environ=environ).delivered == ((1, "hook"),)
    raised(database, settings, replace(ALERT, rule="rule-ru", window="2022-09-20"), **quiet, urgent_at=2)
    assert send(database, settings, now=NOW, environ=environ).delivered == ((2, "hook"),)


def test_an_alert_that_no_message_can_be_made_of_does_not_hold_up_the_next(database, settings, webhook):
    broken = replace(ALERT, rule="rule-ru", explanation={"poll": {"pollster": "x"}})
    raised(database, settings, broken)
    raised(database, settings, replace(ALERT, rule="rule-ru", window="2022-09-20"))
    sent = [send(database, settings, now=NOW + n * HOUR, environ={"TEST_HOOK": webhook.url}) for n in range(2)]
    assert "the message could not be made" in sent[0].failed[0][2]
    assert [one["title"] for one in webhook.received] == ["Мигранты: всплеск, упоминания, 2022-09-20"]


def test_a_chart_that_cannot_be_drawn_is_left_out(database, settings, webhook):
    raised(database, settings, replace(ALERT, rule="rule-ru", explanation={"series": "damaged"}))
    assert send(database, settings, now=NOW, environ={"TEST_HOOK": webhook.url}).delivered == ((1, "hook"),)
    assert webhook.received[0]["attachments"] == []


def test_markup_in_a_quoted_post_is_text_to_the_reader(database, settings, mail, webhook):
    posts = [{"source": "s", "native_id": "1", "posted_at": "", "text": "<script>x</script> **b** [a](http://x) & _i_"}]
    raised(database, settings, replace(ALERT, explanation={"typical_posts": posts}))
    raised(database, settings, replace(ALERT, rule="rule-ru", explanation={"typical_posts": posts}))
    send(database, settings, now=NOW, environ={"TEST_MAIL": mail.url, "TEST_HOOK": webhook.url})
    assert posts[0]["text"] in webhook.received[0]["message"]
    for part in mail.letters[0].walk():
        if part.get_content_maintype() == "text":
            quoted = part.get_content()
            assert ("<script>" in quoted) is (part.get_content_subtype() == "plain")


def test_a_server_that_answers_a_byte_at_a_time_is_left_after_the_deadline(database, settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000:
                    if over.wait(0.1):
                        return
                    connection.send(bytes([byte]))

        thread = threading.Thread(target=drip)
        thread.start()
        raised(database, settings, replace(ALERT, rule="rule-ru", explanation={}))
        begin = dt.datetime.now()
        environ = {"TEST_HOOK": f"json://127.0.0.1:{server.getsockname()[1]}/"}
        sent = send(database, settings, now=NOW, environ=environ, timeout=0.3)
        over.set()
        thread.join()
    assert sent.failed == ((1, "hook", "no answer in time"),)
    assert dt.datetime.now() - begin < dt.timedelta(seconds=3)
