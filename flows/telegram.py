"""The run's one connection to Telegram, opened when the first source needs it."""

from __future__ import annotations

import datetime as dt
import hashlib
from types import TracebackType
from typing import Self

from collectors.collector import Collector, CollectorError, Notify
from collectors.intake import Intake
from collectors.privacy import Pseudonymiser, load_key
from collectors.telegram.comments import CommentsCollector
from collectors.telegram.connection import Connection
from collectors.telegram.credentials import load_application, load_session
from collectors.telegram.history import HistoryCollector
from collectors.telegram.live import Reading
from collectors.values import Clock
from configs.settings import Settings, SourceSettings
from storage.records import Source


class Telegram:
    """Collectors of the sources that name a channel or group. Use it in a `with` block; it connects on first use."""

    def __init__(self, settings: Settings, *, updates: bool = False) -> None:
        self._settings = settings
        self._updates = updates
        self._connection: Connection | None = None
        self._error: CollectorError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._connection is not None:
            self._connection.__exit__(kind, error, at)

    @property
    def account(self) -> str:
        """The slot of the account that is signed in: one process asks Telegram for it at a time."""
        session = load_session(self._settings.monitor.telegram.session_file).get_secret_value()
        return f"telegram {hashlib.sha256(session.encode()).hexdigest()[:12]}"

    @property
    def waited(self) -> float:
        """Seconds that Telegram has made this connection wait so far."""
        return self._connection.waited if self._connection else 0.0

    def collector(self, form: SourceSettings, source: Source, notify: Notify) -> Collector:
        """The collector of one source. CollectorError where nobody is signed in or Telegram is not reached."""
        kind = CommentsCollector if form.kind == "comments" else HistoryCollector
        return kind(self.connection(), self.intake(source), self.reading(form), notify)

    def connection(self) -> Connection:
        """The connection, opened on first use; what went wrong then is told again to every source."""
        if self._error is not None:
            raise self._error
        if self._connection is None:
            try:
                self._connection = self._open()
            except CollectorError as error:
                self._error = error
                raise
        return self._connection

    def intake(self, source: Source) -> Intake:
        """The door for the posts of one source."""
        monitor = self._settings.monitor
        pseudonymiser = Pseudonymiser(load_key(monitor.privacy.pseudonym_key_file))
        clock = Clock(monitor.zone, dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
        return Intake(source, pseudonymiser, clock, monitor.privacy.mask_contacts)

    def reading(self, form: SourceSettings) -> Reading:
        """What of a source is read."""
        telegram = self._settings.monitor.telegram
        return Reading(
            form.telegram,
            form.since,
            form.since_id,
            telegram.overlap,
            telegram.comments_days,
            telegram.recheck_hours,
            telegram.max_wait_seconds,
        )

    def _open(self) -> Connection:
        telegram = self._settings.monitor.telegram
        pace = telegram.pace
        methods = {
            "GetHistory": pace.history,
            "GetReplies": pace.replies,
            "ResolveUsername": pace.resolve,
            "": pace.other,
        }
        application, session = load_application(), load_session(telegram.session_file)
        connection = Connection(
            application, session, pace=methods, timeout=telegram.timeout_seconds, updates=self._updates
        )
        return connection.__enter__()
