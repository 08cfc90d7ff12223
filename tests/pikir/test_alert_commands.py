"""`pikir alerts`: every command on a real database and, where something is sent, a real receiver."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pikir.cli.app import app
from pikir.cli.doctor import _outbox
from pikir.cli.moments import moment
from pikir.cli.output import InputError
from storage.alerts import alert, store_alert
from storage.database import open_database
from storage.outbox import claim_delivery, pending_deliveries, record_failure
from storage.records import Alert

ALERTS = """\
rules:
  - {name: mentions, target: migrants, recipients: [hook]}
recipients:
  - {name: hook, url_env: TEST_HOOK}
delivery: {timeout_seconds: 2}
"""
SERIES = [
    {"time": f"2026-03-{n:02}", "observed": 9.0 + n, "expected": 9.0, "upper": 20.0, "alert": n == 9}
    for n in range(1, 10)
]


@pytest.fixture
def place(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with two alerts: one waits for its recipient, the other was given up."""
    (checkout / "configs" / "alerts.yaml").write_text(ALERTS, encoding="utf-8")
    monkeypatch.setenv("PIKIR_CONFIG", str(checkout / "configs"))
    monkeypatch.setenv("PIKIR_DATABASE", f"sqlite:///{checkout}/pikir.db")
    with open_database(f"sqlite:///{checkout}/pikir.db") as database, database.write() as c:
        why = {"series": SERIES, "words": [{"word": "аренда", "here": 9, "there": 0, "z": 4.2}]}
        for window in ("2026-03-09", "2026-03-19"):
            spike = Alert("mentions", "migrants", "all", "all", window, "mentions", 40, 10, 20, 5, explanation=why)
            store_alert(c, spike, ["hook"])
        dead = pending_deliveries(c)[1]
        claim_delivery(c, dead, dt.datetime.now(dt.UTC))
        record_failure(c, dead, "the server answered 500", dead_at=dt.datetime.now(dt.UTC))
    return checkout


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """What a webhook received."""
    received: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    monkeypatch.setenv("TEST_HOOK", f"json://127.0.0.1:{server.server_port}/TOKEN-hush")
    yield received
    server.shutdown()
    server.server_close()
    thread.join()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["alerts", *words])


def stored(place: Path, id: int) -> Alert:
    with open_database(f"sqlite:///{place}/pikir.db") as database, database.read() as c:
        return alert(c, id)


def test_an_alert_is_shown_and_its_chart_saved(place: Path) -> None:
    file = place / "out.png"
    shown = run("show", "1", "--chart", str(file))
    assert shown.exit_code == 0, shown.output
    assert "Words of these posts: аренда." in shown.stdout
    assert "hook (raised): pending, attempts 0" in shown.stdout
    assert file.read_bytes().startswith(b"\x89PNG")
    told = json.loads(run("show", "1", "--format", "json").stdout)
    assert told["explanation"]["words"][0]["z"] == 4.2
    assert told["deliveries"][0]["channel"] == "hook"
    assert "күрт өсу" in run("show", "1", "--language", "kk").stdout


def test_taking_note_is_kept_with_its_note(place: Path) -> None:
    assert run("ack", "1", "--by", "aigerim", "--note", "слух").exit_code == 0
    assert run("note", "1", "опровергнут", "--by", "bolat").exit_code == 0
    kept = stored(place, 1)
    assert (kept.state, kept.acknowledged_by) == ("acknowledged", "aigerim")
    assert [note["text"] for note in kept.notes] == ["слух", "опровергнут"]
    shown = run("show", "1").stdout
    assert "acknowledged by aigerim" in shown
    assert "bolat: опровергнут" in shown
    assert [row["id"] for row in json.loads(run("list", "--state", "open", "--format", "json").stdout)] == [2]
    unknown = run("ack", "7")
    assert unknown.exit_code == 1
    assert "there is no alert 7" in str(unknown.exception)


def test_a_mute_holds_messages_back_until_it_is_ended(place: Path, hook: list[dict[str, str]]) -> None:
    assert run("mute", "mentions", "--until", "7d", "--by", "me", "--note", "known").exit_code == 0
    (row,) = json.loads(run("mutes", "--format", "json").stdout)
    assert (row["subject"], row["by"], row["note"]) == ("mentions", "me", "known")
    assert "0 delivered" in run("deliver").output
    assert "no longer muted" in run("unmute", "mentions").output
    assert "was not muted" in run("unmute", "mentions").output
    assert "1 delivered" in run("deliver").output
    assert len(hook) == 1


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("mute", "mention", "--until", "7d"), "did you mean 'mentions'?"),
        (("mute", "mentions", "--until", "2020-01-01"), "is in the past"),
        (("mute", "mentions", "--until", "soon"), "is no time"),
        (("test", "--recipient", "nobody"), "known are: hook"),
        (("note", "1", " "), "the note is empty"),
        (("show", "1", "--chart", "/nowhere/at/all.png"), "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(place: Path, words: tuple[str, ...], reason: str) -> None:
    failed = run(*words)
    assert failed.exit_code == 1
    assert reason in str(failed.exception)


def test_dead_letters_are_shown_and_taken_up_again(place: Path, hook: list[dict[str, str]]) -> None:
    rows = json.loads(run("outbox", "--format", "json").stdout)
    assert [(row["alert"], row["state"], row["error"]) for row in rows] == [
        (1, "pending", ""),
        (2, "dead", "the server answered 500"),
    ]
    assert "1 delivered" in run("deliver").output
    assert "1 dead letters taken up again" in run("requeue", "2", "--recipient", "hook").output
    assert "1 delivered" in run("deliver").output
    assert json.loads(run("outbox", "--format", "json").stdout) == []
    assert len(json.loads(run("outbox", "--all", "--format", "json").stdout)) == 2
    assert len(hook) == 2


def test_the_doctor_sees_dead_letters(place: Path) -> None:
    told = _outbox(str(place / "configs"), f"sqlite:///{place}/pikir.db")
    assert (told.state, told.found) == ("warning", "1 messages were given up, 1 wait")
    run("requeue")
    assert _outbox(str(place / "configs"), f"sqlite:///{place}/pikir.db").found == "2 messages wait"


def test_a_trial_reaches_its_recipient_or_says_why_not(place: Path, hook: list[dict[str, str]], monkeypatch) -> None:
    reached = run("test")
    assert reached.exit_code == 0
    assert "hook: reached" in reached.output
    assert hook[0]["title"] == "pikir: a trial, not an alert"
    monkeypatch.setenv("TEST_HOOK", "json://127.0.0.1:9/TOKEN-hush")
    failed = run("test", "--recipient", "hook")
    assert failed.exit_code == 1
    assert "the connection was refused" in failed.output
    assert "hush" not in failed.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("90m", "2026-03-01T13:30+00:00"),
        ("12h", "2026-03-02T00:00+00:00"),
        ("2w", "2026-03-15T12:00+00:00"),
        ("2026-03-05", "2026-03-05T19:00+00:00"),
        ("2026-03-05T18:00", "2026-03-05T13:00+00:00"),
        ("2026-03-05T18:00+03:00", "2026-03-05T15:00+00:00"),
    ],
)
def test_moments_are_read_in_the_zone_of_the_monitor(text: str, said: str) -> None:
    from zoneinfo import ZoneInfo

    now = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    assert moment(text, now, ZoneInfo("Asia/Almaty")) == dt.datetime.fromisoformat(said)


@pytest.mark.parametrize("text", ["", "7", "tomorrow", "2026-13-01", "9999-12-31", "-5d", "7x"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    from zoneinfo import ZoneInfo

    with pytest.raises(InputError, match="is no time"):
        moment(text, dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC), ZoneInfo("Asia/Almaty"))
