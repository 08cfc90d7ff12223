"""The scheduler of `pikir serve`: begins every flow when it is due, once at a time, and remembers how far it is.

Everything that it must remember is in the store, so that a process that was killed, or a machine that was off, goes on
where it was: what was missed meanwhile is caught up by one run, and a run that was cut off is begun again.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

import sqlalchemy as sa

from alerts.operator import flow_late
from alerts.outbox import deliver_pending
from configs.settings import Settings
from flows.runs import reason_of, tell_failure
from flows.timetable import Timetable
from flows.workspace import Workspace
from storage.database import Database
from storage.errors import LeaseTaken, StorageError
from storage.records import Heartbeat, Progress
from storage.runs import beat, progress, write_progress

HEARTBEAT = "serve"
BEAT_SECONDS = 10.0
_LATE_SECONDS = 60.0
_log = logging.getLogger(__name__)
Job = Callable[[], object]


def now_utc() -> dt.datetime:
    """The wall clock."""
    return dt.datetime.now(dt.UTC)


class Scheduler:
    """Begins `jobs` (by the names of `configs.schedule.FLOWS`) as `settings.monitor.schedule` says.

    Each job runs on a thread of its own, and no job twice at once. `tick()` looks once; `run()` looks until `stop` is
    set and then waits for what is running. `clock` gives the time, in UTC.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        jobs: Mapping[str, Job],
        *,
        stop: threading.Event,
        clock: Callable[[], dt.datetime] = now_utc,
    ) -> None:
        self._database, self._settings, self._jobs = database, settings, jobs
        self._stop, self._clock = stop, clock
        zone = settings.monitor.zone
        self._tables = {name: Timetable(due, zone) for name, due in settings.monitor.schedule.plan.items()}
        self._threads: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self._known: dict[str, Progress] = {}
        self._unwritten: set[str] = set()
        self._started = clock()
        self._beaten = self._judged = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._lost = False

    @property
    def running(self) -> list[str]:
        """The flows that are running now."""
        return sorted(name for name, thread in self._threads.items() if thread.is_alive())

    def run(self, still: Callable[[], bool] = lambda: True, pause: float = 0.2) -> None:
        """Look every `pause` seconds until `stop` is set, or `still()` is no longer true; then wait for what runs."""
        while not self._stop.is_set() and still():
            self.tick()
            self._stop.wait(pause)
        self.finish()

    def finish(self) -> None:
        """Wait for what is running, and record how it ended."""
        if self.running:
            _log.info("waiting for %s to end", ", ".join(self.running))
        for thread in list(self._threads.values()):
            thread.join()
        if self._unwritten:
            self._safely(self._write)

    def tick(self) -> None:
        """Look once: begin what is due, record what ended, give a sign of life, and tell of what is late."""
        self._safely(self._look)

    def _look(self) -> None:
        now = self._clock()
        if not self._known:
            self._begin_anew(now)
        self._write()
        for name in self._tables:
            if name not in self.running and self._due(name, now):
                self._begin(name, now)
        if not 0 <= (now - self._beaten).total_seconds() < BEAT_SECONDS:
            self._beat(now)
        if not 0 <= (now - self._judged).total_seconds() < _LATE_SECONDS:
            self._tell_what_is_late(now)

    def _begin_anew(self, now: dt.datetime) -> None:
        """What is known from before; a flow that is new, or has another schedule than before, begins with `now`."""
        with self._database.read() as c:
            before = progress(c)
        for name, table in self._tables.items():
            known = before.get(name)
            if known is None:
                known = Progress(name, table.due, now)
            elif known.due != table.due:
                known = replace(known, due=table.due, taken_at=max(known.taken_at, now))
            self._known[name] = known
            self._unwritten.add(name)

    def _due(self, name: str, now: dt.datetime) -> bool:
        known, table = self._known[name], self._tables[name]
        if _cut_off(known) and known.interrupted < 1:
            _log.warning("%s was cut off; it is begun again", name)
            return True
        if known.began_at is None and table.due.startswith("every"):
            return True
        taken = table.behind_clock(known.taken_at, now)
        if taken != known.taken_at:
            _log.warning("%s: the clock was set back; its schedule begins anew", name)
            self._remember(replace(known, taken_at=taken))
        return table.next(taken) <= now

    def _begin(self, name: str, now: dt.datetime) -> None:
        known, table = self._known[name], self._tables[name]
        missed = table.count(known.taken_at, now) - 1
        taken = max(known.taken_at, table.taken(known.taken_at, now)) if known.began_at else now
        begun = replace(
            known, taken_at=taken, began_at=now, interrupted=known.interrupted + 1 if _cut_off(known) else 0
        )
        with self._database.write() as c:
            # Written before it begins: a process that dies in the run must find that it was begun.
            write_progress(c, [begun])
        self._known[name] = begun
        if missed > 0:
            _log.warning("%s: %d of its instants were missed; one run makes up for them", name, missed)
        thread = threading.Thread(target=self._work, args=(name, now), name=f"flow {name}", daemon=True)
        self._threads[name] = thread
        thread.start()

    def _work(self, name: str, began: dt.datetime) -> None:
        well = False
        try:
            self._jobs[name]()
            well = True
        except LeaseTaken as error:
            _log.warning("%s was left out: %s", name, error)
        except Exception as error:  # whatever breaks in one flow, the others go on
            _log.debug("%s", name, exc_info=error)
            tell_failure(Workspace(self._settings, self._database), name, error)
        # The clock may have been set back meanwhile; an end before the beginning would look cut off.
        now = max(self._clock(), began)
        with self._lock:
            known = self._known[name]
            self._known[name] = replace(known, ended_at=now, finished_at=now if well else known.finished_at)
            self._unwritten.add(name)

    def _remember(self, known: Progress) -> None:
        with self._lock:
            self._known[known.flow] = known
            self._unwritten.add(known.flow)

    def _write(self) -> None:
        with self._lock:
            rows = [self._known[name] for name in sorted(self._unwritten)]
        if rows:
            with self._database.write() as c:
                write_progress(c, rows)
            with self._lock:
                self._unwritten -= {row.flow for row in rows if self._known[row.flow] == row}

    def _beat(self, now: dt.datetime) -> None:
        with self._database.write() as c:
            beat(c, Heartbeat(HEARTBEAT, socket.gethostname(), os.getpid(), self._started, now))
        self._beaten = now

    def _tell_what_is_late(self, now: dt.datetime) -> None:
        """What has not finished a run for more than `late_after` intervals, of which this process was there.

        A flow that fails is told of by its run.
        """
        self._judged = now
        intervals = self._settings.monitor.schedule.late_after
        for name, table in self._tables.items():
            known = self._known[name]
            since = max(known.finished_at or self._started, self._started)
            if _failed(known) or table.count(since, now, intervals + 1) <= intervals:
                continue
            with self._database.write() as c:
                told = flow_late(c, self._settings, name, due=table.due, now=now, finished=known.finished_at)
            if told:
                _log.error(
                    "%s is late: no finished run for more than %d of its intervals (%s)", name, intervals, table.due
                )
                deliver_pending(self._database, self._settings, now=now)

    def _safely(self, look: Callable[[], None]) -> None:
        """A store that is away for a while stops nothing: it is said once, and the next look tries again."""
        try:
            look()
        except (StorageError, sa.exc.DBAPIError, OSError) as error:
            if not self._lost:
                _log.error("the store cannot be used: %s; trying again", reason_of(error))
            self._lost = True
        else:
            if self._lost:
                _log.warning("the store can be used again")
            self._lost = False


def _failed(known: Progress) -> bool:
    """Whether the run that ended last did not end well."""
    return known.ended_at is not None and (known.finished_at is None or known.finished_at < known.ended_at)


def _cut_off(known: Progress) -> bool:
    """Whether the run that was begun last never ended."""
    return known.began_at is not None and (known.ended_at is None or known.ended_at < known.began_at)
