"""What every run of a flow does around its work: take the lease, keep the record, tell the operator of a failure.

So it is the same whoever runs the flow: `pikir run` by hand or from cron, `pikir serve`, or a worker of Prefect.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import sqlalchemy as sa

from alerts.operator import flow_failed, flow_recovered
from alerts.outbox import deliver_pending
from configs.secrets import redacted
from flows.workspace import Workspace
from storage.errors import StorageError
from storage.leases import lease
from storage.records import Run
from storage.runs import begin_run, end_run, latest_runs

WAIT_SECONDS = 3600.0
_NOTE = "recorded as the failure of run"
_log = logging.getLogger(__name__)
run_id: ContextVar[str] = ContextVar("run_id", default="")
"""The ids of the run that this thread is in, outermost first, joined by /; "" outside of any."""
stopping = threading.Event()
"""Set when this process is to end: nobody waits for a lease any more, and what breaks now was interrupted."""


@contextmanager
def running(workspace: Workspace, flow: str) -> Iterator[str]:
    """One run of `flow`: nobody else runs it on this store meanwhile, and how it ended is recorded. Gives the run's id.

    Where another process runs it, this one waits up to an hour; LeaseTaken after that. The operator is told once where
    runs begin to fail and once when one ends well again; of a run within another, the outer one tells.
    """
    with lease(
        workspace.database,
        f"flow {flow}",
        wait_seconds=WAIT_SECONDS,
        waiting=lambda: _log.warning("%s: another process runs it on this store; waiting for it to end", flow),
        given_up=stopping.is_set,
    ):
        outer = run_id.get()
        run = _new(flow)
        with workspace.database.write() as c:
            if begin_run(c, run):
                _log.warning("%s: the run before did not come to an end; its work is taken up again", flow)
        token = run_id.set(f"{outer}/{run.id}" if outer else run.id)
        _log.debug("%s begins", flow)
        try:
            yield run.id
        except BaseException as error:
            _failed(workspace, run, error, tell=not outer)
            raise
        else:
            _finished(workspace, run, tell=not outer)
        finally:
            run_id.reset(token)


def tell_failure(workspace: Workspace, flow: str, error: BaseException) -> None:
    """Record a failure of `flow` unless its run has: it may have failed before there was one."""
    if not any(note.startswith(_NOTE) for note in getattr(error, "__notes__", ())):
        _failed(workspace, _new(flow), error, tell=True, begun=False)


def reason_of(error: BaseException) -> str:
    """Why a run failed, in one line without secrets: the type of the error and the first line of what it says."""
    first = str(error).strip().partition("\n")[0]
    return redacted(f"{type(error).__name__}: {first}" if first else type(error).__name__)[:500]


def _finished(workspace: Workspace, run: Run, *, tell: bool) -> None:
    now = _now()
    # Deliveries are run every minute, and mostly there is nothing to deliver.
    _log.log(
        logging.DEBUG if run.flow == "deliver" else logging.INFO,
        "%s finished in %.1f s",
        run.flow,
        (now - run.started_at).total_seconds(),
    )
    with workspace.database.write() as c:
        end_run(c, run.id, "finished", now)
        ended = flow_recovered(c, workspace.settings, run.flow, now=now) if tell else []
    if ended:
        deliver_pending(workspace.database, workspace.settings, now=now)


def _failed(workspace: Workspace, run: Run, error: BaseException, *, tell: bool, begun: bool = True) -> None:
    """Records it and tells the operator. What cannot even be recorded is in the log."""
    now, reason = _now(), reason_of(error)
    error.add_note(f"{_NOTE} {run.id}")
    interrupted = stopping.is_set() or isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)
    if interrupted:
        _log.warning("%s was interrupted (%s); the next run goes on", run.flow, reason)
    else:
        _log.error("%s failed: %s", run.flow, reason)
    try:
        with workspace.database.write() as c:
            if not begun:
                begin_run(c, run)
            end_run(c, run.id, "interrupted" if interrupted else "failed", now, reason)
            before = latest_runs(c, "finished").get(run.flow)
            if tell and not interrupted:
                flow_failed(
                    c, workspace.settings, run.flow, reason, now=now, finished=before.ended_at if before else None
                )
        if tell and not interrupted:
            deliver_pending(workspace.database, workspace.settings, now=now)
    except (StorageError, sa.exc.DBAPIError) as second:
        _log.error("%s: the failure could not be recorded: %s", run.flow, reason_of(second))


def _new(flow: str) -> Run:
    return Run(uuid.uuid4().hex[:12], flow, "running", _now(), host=socket.gethostname(), pid=os.getpid())


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
