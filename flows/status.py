"""How the flows are doing, as `pikir status`, the metrics and the doctor tell it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.engine import Connection

from configs.settings import Settings
from flows.scheduler import BEAT_SECONDS, HEARTBEAT
from flows.timetable import Timetable
from storage.records import Progress, Run
from storage.runs import heartbeat, latest_runs, progress

_SILENT_BEATS = 6


def flow_rows(c: Connection, settings: Settings, now: dt.datetime) -> list[dict[str, Any]]:
    """One row for each flow that is scheduled or ever ran: its last run, the last that finished, and what is due."""
    plan, zone = settings.monitor.schedule.plan, settings.monitor.zone
    last, finished, known = latest_runs(c), latest_runs(c, "finished"), progress(c)
    rows = []
    for name in (*plan, *sorted(set(last) - set(plan))):
        table = Timetable(plan[name], zone) if name in plan else None
        rows.append(
            {
                "flow": name,
                "due": plan.get(name, ""),
                **_run_columns(last.get(name), now),
                "last_finished": _second(ended.ended_at) if (ended := finished.get(name)) else None,
                **_due_columns(table, known.get(name), ended, settings.monitor.schedule.late_after, now),
            }
        )
    return rows


def serving(c: Connection, now: dt.datetime) -> tuple[bool, str]:
    """Whether `pikir serve` gave a sign of life in the last minute, and a sentence about it."""
    last = heartbeat(c, HEARTBEAT)
    if last is None:
        return False, "pikir serve has never run on this store"
    silent = (now - last.beat_at).total_seconds()
    told = f"pikir serve: process {last.pid} on {last.host} since {last.started_at:%Y-%m-%d %H:%M} UTC"
    alive = silent < _SILENT_BEATS * BEAT_SECONDS
    return alive, f"{told}, {'last' if alive else 'silent: last'} sign of life {max(silent, 0):.0f} s ago"


def _run_columns(run: Run | None, now: dt.datetime) -> dict[str, Any]:
    if run is None:
        return {"state": "never run", "last_run": None, "seconds": None, "error": ""}
    seconds = ((run.ended_at or now) - run.started_at).total_seconds()
    return {"state": run.state, "last_run": _second(run.started_at), "seconds": round(seconds, 1), "error": run.error}


def _due_columns(
    table: Timetable | None, known: Progress | None, finished: Run | None, late_after: int, now: dt.datetime
) -> dict[str, Any]:
    """What is due next, and whether no run, by whomever, was finished for more than `late_after` intervals."""
    if table is None or known is None:
        return {"next_due": None, "late": False}
    since = finished.ended_at if finished and finished.ended_at else known.taken_at
    return {
        "next_due": _second(table.next(known.taken_at)),
        "late": table.count(since, now, late_after + 1) > late_after,
    }


def _second(at: dt.datetime | None) -> dt.datetime | None:
    return at.replace(microsecond=0) if at else None
