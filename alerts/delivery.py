"""The channels by which a message leaves: a log file, or any service that Apprise knows.

An Apprise URL holds tokens and passwords. It comes from the environment, is kept as a secret, and
appears in no error and no log: what is told of a failure is chosen from a few sentences of ours.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from pydantic import SecretStr

from alerts.charts import chart_name
from alerts.messages import File, Message
from configs.settings import RecipientSettings
from storage.records import Alert

TIMEOUT_SECONDS = 10.0
DEADLINE = 4.0
_SPEAKS_OF_URLS = ("apprise", "urllib3", "requests")
_LOGGED = ("id", "kind", "rule", "target", "group", "value", "window", "measure", "observed", "expected", "upper")
_one_at_a_time = threading.Lock()

_REASONS = (
    (r"timed? ?out", "no answer in time"),
    (r"refused", "the connection was refused"),
    (r"getaddrinfo|Name or service|name resolution|NameResolution", "the host name was not found"),
    (r"certificate|SSL|TLS", "the encrypted connection could not be made"),
    (r"authenticat|\b535\b", "user or password were not accepted"),
    (r"Connection|Socket|unreachable", "the connection failed"),
)


class DeliveryFailed(Exception):  # noqa: N818
    """The message did not get out. The text holds no secret and says what to do where that is known."""


class Channel(Protocol):
    """One recipient."""

    takes_charts: bool
    """Whether a chart that goes along is delivered."""

    def send(self, message: Message, alert: Alert | None = None) -> None:
        """Hand the message over; DeliveryFailed where that did not succeed. `alert`: what it is about, if anything."""


class LogChannel:
    """Appends one line of JSON for each message to a file that only its owner may read."""

    takes_charts = False

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, message: Message, alert: Alert | None = None) -> None:
        """Append the line in one write, so that two processes do not mix theirs."""
        line = {name: getattr(alert, name) for name in _LOGGED} if alert else {}
        line |= {"title": message.title, "body": message.body}
        line |= {"files": [one.name for one in message.files]} if message.files else {}
        raw = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, raw)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise DeliveryFailed(f"cannot write {self._path}: {error.strerror}; set log_file in alerts.yaml") from None


class AppriseChannel:
    """One service behind one Apprise URL. DeliveryFailed where the URL is none that Apprise knows."""

    def __init__(self, url: SecretStr, origin: str, timeout: float = TIMEOUT_SECONDS) -> None:
        import apprise  # most of a second, which a run without alerts need not pay

        with _heard(), warnings.catch_warnings():
            # The first URL loads every plugin of Apprise, and some of these use what Python is about to drop.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._service = apprise.Apprise.instantiate(url.get_secret_value().strip())
        if self._service is None:
            raise DeliveryFailed(f"{origin} holds no URL that Apprise knows; it looks like mailtos://… or tgram://…")
        self._service.socket_connect_timeout = timeout
        self._service.socket_read_timeout = timeout
        self._timeout, self._origin = timeout, origin
        self.takes_charts = bool(self._service.attachment_support)
        # Not the service itself: only Apprise as a whole turns our plain text into what the service takes, escaped.
        self._apprise = apprise.Apprise()
        self._apprise.add(self._service)

    def send(self, message: Message, alert: Alert | None = None) -> None:
        """Hand the message to the service and wait for its answer, `DEADLINE` timeouts in all at most."""
        import apprise
        from apprise.attachment.memory import AttachMemory

        told: dict[str, Any] = {
            "title": message.title,
            "body": message.body,
            "notify_type": apprise.NotifyType.WARNING,
            "body_format": apprise.NotifyFormat.TEXT,
        }
        files = [File(chart_name(alert), message.chart, "image/png")] if message.chart and alert else []
        if message.files and not self.takes_charts:
            raise DeliveryFailed(
                f"the service of {self._origin} takes no files; name a recipient with mail, for example"
            )
        if self.takes_charts and (files := [*files, *message.files]):
            told["attach"] = apprise.AppriseAttachment(
                [AttachMemory(content=one.content, name=one.name, mimetype=one.media) for one in files]
            )
        outcome: list[bool | str] = []

        def notify() -> None:
            try:
                outcome.append(bool(self._apprise.notify(**told)))
            except Exception as error:
                # One of a hundred plugins failed in its own way; its text may hold the URL, its type does not.
                outcome.append(f"Apprise failed with {type(error).__name__}")

        with _heard() as lines:
            # A server that answers a byte at a time keeps every single wait short: the whole is bounded from outside.
            attempt = threading.Thread(target=notify, daemon=True, name=f"pikir delivery {self._origin}")
            attempt.start()
            attempt.join(DEADLINE * self._timeout)
        if not outcome:
            raise DeliveryFailed("no answer in time")
        if outcome[0] is not True:
            raise DeliveryFailed(str(outcome[0] or _reason("\n".join(lines))))


def open_channel(
    recipient: RecipientSettings, environ: Mapping[str, str] = os.environ, timeout: float = TIMEOUT_SECONDS
) -> Channel:
    """The channel of this recipient. DeliveryFailed names the environment variable that is missing or unusable.

    `timeout` in seconds bounds connecting and each wait for the server.
    """
    if recipient.log_file:
        return LogChannel(Path(recipient.log_file))
    url = environ.get(recipient.url_env, "").strip()
    if not url:
        raise DeliveryFailed(
            f"the environment variable {recipient.url_env} is not set; "
            f"put the Apprise URL of the recipient {recipient.name} there"
        )
    return AppriseChannel(SecretStr(url), recipient.url_env, timeout)


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What the libraries log meanwhile, kept from every other log: at their DEBUG level they write whole URLs."""
    lines: list[str] = []
    ear = logging.Handler(logging.DEBUG)
    ear.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in _SPEAKS_OF_URLS]
    with _one_at_a_time:
        before = [(one.handlers, one.level, one.propagate) for one in loggers]
        for one in loggers:
            one.handlers, one.propagate = [ear], False
            one.setLevel(logging.DEBUG)
        try:
            yield lines
        finally:
            for one, (handlers, level, propagate) in zip(loggers, before, strict=True):
                one.handlers, one.propagate = handlers, propagate
                one.setLevel(level)


def _reason(log: str) -> str:
    """Why a delivery failed, in a sentence of ours: the log itself may hold the URL."""
    if answer := re.search(r"error=(\d{3})\b", log):
        return f"the server answered {answer.group(1)}"
    for pattern, reason in _REASONS:
        if re.search(pattern, log, re.IGNORECASE):
            return reason
    return "Apprise could not deliver it"
