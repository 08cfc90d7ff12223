"""Runs of flows, how far the scheduler is, and heartbeats."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import upsert
from storage.records import Heartbeat, Progress, Run, RunState
from storage.tables import heartbeats as heartbeat_table
from storage.tables import runs as run_table
from storage.tables import schedules as schedule_table


def begin_run(c: Connection, run: Run) -> int:
    """Store a run that begins; earlier ones of its flow that never ended are interrupted. Returns how many were.

    Only under the lease of the flow: who holds it knows that nobody else is running.
    """
    open_ = (run_table.c.flow == run.flow) & (run_table.c.state == "running")
    gone = c.execute(sa.update(run_table).where(open_).values(state="interrupted", ended_at=run.started_at)).rowcount
    c.execute(sa.insert(run_table).values(asdict(run)))
    return gone


def end_run(c: Connection, id: str, state: RunState, at: dt.datetime, error: str = "") -> None:
    """Record how a run ended."""
    c.execute(sa.update(run_table).where(run_table.c.id == id).values(state=state, ended_at=at, error=error))


def runs(c: Connection, flow: str | None = None, last: int = 20) -> list[Run]:
    """The last runs of one flow or of all, the newest first."""
    query = sa.select(run_table).order_by(run_table.c.started_at.desc(), run_table.c.id).limit(last)
    if flow is not None:
        query = query.where(run_table.c.flow == flow)
    return [Run(*row) for row in c.execute(query)]


def latest_runs(c: Connection, state: RunState | None = None) -> dict[str, Run]:
    """The latest run of each flow (the latest in `state`, where one is asked for), by flow."""
    where = sa.true() if state is None else run_table.c.state == state
    newest = (
        sa.select(run_table.c.flow, sa.func.max(run_table.c.started_at).label("at"))
        .where(where)
        .group_by(run_table.c.flow)
        .subquery()
    )
    same = (run_table.c.flow == newest.c.flow) & (run_table.c.started_at == newest.c.at)
    return {row.flow: Run(*row) for row in c.execute(sa.select(run_table).join(newest, same).where(where))}


def count_runs(c: Connection) -> dict[tuple[str, RunState], int]:
    """How many runs are stored, by flow and state."""
    query = sa.select(run_table.c.flow, run_table.c.state, sa.func.count()).group_by(
        run_table.c.flow, run_table.c.state
    )
    return {(flow, state): int(many) for flow, state, many in c.execute(query)}


def forget_runs(c: Connection, before: dt.datetime) -> int:
    """Delete the records of runs that began before an instant; returns how many."""
    return c.execute(sa.delete(run_table).where(run_table.c.started_at < before)).rowcount


def progress(c: Connection) -> dict[str, Progress]:
    """How far the scheduler is, by flow."""
    return {row.flow: Progress(*row) for row in c.execute(sa.select(schedule_table))}


def write_progress(c: Connection, rows: Iterable[Progress]) -> None:
    """Replace how far the scheduler is with these flows."""
    upsert(c, schedule_table, [asdict(row) for row in rows])


def beat(c: Connection, heartbeat: Heartbeat) -> None:
    """Say that a process is alive."""
    upsert(c, heartbeat_table, [asdict(heartbeat)])


def heartbeat(c: Connection, name: str) -> Heartbeat | None:
    """The last sign of life of a process; None where it never ran."""
    row = c.execute(sa.select(heartbeat_table).where(heartbeat_table.c.name == name)).first()
    return Heartbeat(*row) if row else None
