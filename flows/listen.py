"""Listen: what is written on Telegram now goes into the store within seconds, beside the regular runs."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator

from collectors.collector import Notify
from collectors.telegram.bookmark import parse
from collectors.telegram.listening import Listener, Watched
from flows.collect import collect_chat, cover_new, source_record
from flows.storing import Collected, added, stamped, store_batch
from flows.telegram import Telegram
from flows.workspace import Workspace
from storage.cursors import read_cursor

# The longest that a stop asked for by the caller goes unnoticed, in seconds.
_GLANCE = 1.0


def listen(
    workspace: Workspace,
    telegram: Telegram,
    every: float,
    stopped: Callable[[], bool],
    notify: Notify = lambda _: None,
) -> Iterator[Collected]:
    """Yields what came of each source each time something came, until `stopped()`; all are read once at least.

    Every `every` seconds, and at the start, all sources are read as in a regular run: that finds what Telegram did not
    push (chats the account has not joined, first comments under a post, the time when nobody listened). CollectorError
    where nobody is signed in or Telegram is not reached at the start.
    """
    forms = [form for form in workspace.settings.sources if form.enabled and form.telegram]
    listener = Listener(telegram.connection())
    listener.start()
    while True:
        due = time.monotonic() + every
        for form in forms:
            yield collect_chat(workspace, telegram, form, notify)
        listener.watch(_watched(workspace, telegram))
        while not stopped() and time.monotonic() < due:
            yield from _store_pushed(workspace, listener, min(_GLANCE, max(0.01, due - time.monotonic())))
        if stopped():
            return


def _store_pushed(workspace: Workspace, listener: Listener, seconds: float) -> Iterator[Collected]:
    totals: dict[str, Collected] = {}
    for name, batch in listener.batches(seconds):
        now = dt.datetime.now(dt.UTC)
        stored = store_batch(workspace.database, name, stamped(batch, now), now)
        totals[name] = added(totals.get(name, Collected(name)), batch, *stored)
    if totals:
        cover_new(workspace.database, workspace.settings)
    yield from totals.values()


def _watched(workspace: Workspace, telegram: Telegram) -> Iterator[Watched]:
    """The sources that were found: those without a bookmark have no place yet."""
    for form in workspace.settings.sources:
        if form.enabled and form.telegram:
            with workspace.database.read() as c:
                bookmark = parse(read_cursor(c, f"telegram:{form.name}"))
            if bookmark is not None:
                yield Watched(telegram.intake(source_record(form)), bookmark)
