"""The log of a run: every line tells its run, and none tells a secret or what a post says."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Literal

import pytest
from tests_support import AGAINST, FAVOR, NEITHER

from configs.observation import LogSettings
from configs.secrets import redacted
from flows.monitor import monitor
from pikir.logs import ROOMS, LogFormat, set_up

SECRETS = {
    "TELEGRAM_API_HASH": "0123456789abcdef0123",
    "TELEGRAM_SESSION": "1BVtsOMgBu-session",
    "PIKIR_ALERT_MAIL": "mailtos://duty:open-sesame@example.org",
    "DUTY": "tgram://987654:bot-key/4711",
    "PIKIR_DATABASE_PASSWORD": "correct-horse",
}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the log writes once `begin` was called; the handlers of before come back after the test."""
    loggers = [logging.root, *(logging.getLogger(room) for room in ROOMS)]
    before = [(log, log.level, list(log.handlers)) for log in loggers]
    stream = io.StringIO()
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    yield stream
    logging.captureWarnings(False)
    for log, level, handlers in before:
        log.setLevel(level)
        log.handlers[:] = handlers


def begin(stream: io.StringIO, form: LogFormat = "text", level: Literal["INFO", "WARNING"] = "INFO") -> None:
    with redirect_stderr(stream):
        set_up(LogSettings(level=level), form)


def test_a_run_tells_counts_in_json_and_no_text(chat: Path, told: io.StringIO) -> None:
    rows = (chat / "chat.jsonl").read_text(encoding="utf-8")
    broken = '{"id": 1, "date": "never", "text": "Понаехали, а дата не дата", "author": "u"}\n{"id": "half a'
    (chat / "chat.jsonl").write_text(rows + broken, encoding="utf-8")
    begin(told, "json")
    monitor(str(chat / "configs"), f"sqlite:///{chat}/pikir.db")

    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    assert {"time", "level", "logger", "run", "pid", "message"} <= set.intersection(*map(set, lines))
    messages = [str(line["message"]) for line in lines]
    assert "chat: 196 new, 0 changed, 0 gone, 2 set aside" in messages
    finished = {str(line["message"]).split()[0]: line["run"] for line in lines if " finished in " in line["message"]}
    assert set(finished) == {"run", "collect", "annotate", "estimate", "compare", "alert", "report", "maintain"}
    assert all(run == finished["run"] or run.startswith(f"{finished['run']}/") for run in finished.values())
    for text in (*AGAINST, *FAVOR, *NEITHER, "Понаехали"):
        assert text not in told.getvalue()
    assert not any(secret in told.getvalue() for secret in SECRETS.values())


def test_secrets_are_hidden_in_either_form(told: io.StringIO) -> None:
    forms: tuple[LogFormat, ...] = ("text", "json")
    for form in forms:
        begin(told, form)
        log = logging.getLogger("flows.trial")
        for secret in SECRETS.values():
            log.warning("it said %s", secret)
        try:
            raise OSError("postgresql://pikir:hush@database:5432/pikir refused")
        except OSError:
            log.exception("the store")
    written = told.getvalue()
    assert "hush" not in written
    assert "postgresql://***@database:5432/pikir refused" in written
    assert not any(secret in written for secret in SECRETS.values())
    assert written.count("WARNING") == 2 * len(SECRETS)


def test_what_is_no_secret_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_TOWN", "Almaty-city")
    monkeypatch.setenv("PIKIR_DATABASE", "sqlite:////srv/pikir.db")
    assert redacted("serving sqlite:////srv/pikir.db") == "serving sqlite:////srv/pikir.db"
    assert redacted("Almaty-city at https://example.org/a:b@c") == "Almaty-city at https://example.org/a:b@c"
    assert redacted("redis://:word@host/0") == "redis://***@host/0"


def test_only_the_level_that_was_asked_for_is_told(told: io.StringIO) -> None:
    begin(told, level="WARNING")
    logging.getLogger("flows.trial").info("quiet")
    logging.getLogger("flows.trial").warning("loud")
    logging.getLogger("httpx").info("a library")
    assert told.getvalue().split(" WARNING ")[1] == "flows.trial: loud\n"
