"""`pikir serve` and `pikir status`: the schedule of monitor.yaml, and how it goes."""

from __future__ import annotations

import datetime as dt
import logging
import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from pikir.cli.options import Config, Database, Form, LogFormat
from pikir.cli.output import Format, InputError, print_rows

if TYPE_CHECKING:
    from flows.scheduler import Scheduler
    from flows.workspace import Workspace

_AGAIN_SECONDS = 2.0
_log = logging.getLogger(__name__)
COLUMNS = ["flow", "due", "state", "last_run", "seconds", "last_finished", "next_due", "late", "error"]


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(serve)
    app.command()(status)


def serve(
    wait: Annotated[
        bool, typer.Option("--wait", help="Where another serves this store, wait for it to end and take over.")
    ] = False,
    metrics: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Answer Prometheus on this port; goes before monitor.yaml.")
    ] = None,
    log_format: LogFormat = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Run the flows as `schedule:` in monitor.yaml says, until stopped (Ctrl-C, SIGTERM); then what runs is ended.

    One process serves a store. What was missed while none did is caught up by one run. Changes of the schedule take a
    new start.

    Example: [bold]pikir serve --metrics 9464 --log-format json[/bold]
    """
    from flows.scheduler import Scheduler
    from flows.workspace import open_workspace
    from pikir.jobs import jobs
    from pikir.logs import set_up

    with open_workspace(config, database) as workspace, _stopped() as stop:
        told = workspace.settings.monitor
        set_up(told.logs, log_format.value if log_format else None)
        _answer_prometheus(workspace, metrics)
        works = jobs(told.schedule.plan, config, database)
        scheduler = Scheduler(workspace.database, workspace.settings, works, stop=stop)
        _serve(workspace, scheduler, stop, wait=wait)


def status(
    check: Annotated[
        bool, typer.Option("--check", help="Status 1 where a scheduled flow fails or is late, or nobody serves.")
    ] = False,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """When each flow last ran and how it ended, what is due next, what is late, and whether `pikir serve` is alive.

    Example: [bold]pikir status --check --format json[/bold]
    """
    from flows.status import flow_rows, serving
    from flows.workspace import open_workspace

    now = dt.datetime.now(dt.UTC)
    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        rows = flow_rows(c, workspace.settings, now)
        alive, told = serving(c, now)
    print_rows(rows, form, COLUMNS, "Flows")
    typer.echo(told, err=form is not Format.table)
    if check and (not alive or any(row["late"] or row["state"] in ("failed", "interrupted") for row in rows)):
        raise typer.Exit(1)


@contextmanager
def _stopped() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set; a second one ends the process at once."""
    from flows.runs import stopping

    def ask(number: int, _frame: object) -> None:
        if stopping.is_set():
            raise SystemExit(128 + number)
        stopping.set()

    before = {one: signal.signal(one, ask) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        stopping.clear()
        for one, handler in before.items():
            signal.signal(one, handler)


def _answer_prometheus(workspace: Workspace, port: int | None) -> None:
    from dashboard.metrics import start_server

    told = workspace.settings.monitor.metrics
    number = port or told.port
    if number:
        try:
            start_server(workspace.database, told.host, number)
        except OSError as error:
            raise InputError(
                f"metrics cannot be answered on {told.host}:{number}: {error.strerror}; give another port (--metrics)"
            ) from None


def _serve(workspace: Workspace, scheduler: Scheduler, stop: threading.Event, *, wait: bool) -> None:
    """Serve under the lease of the store; where its server has forgotten the lease (a restart), take it anew."""
    import sqlalchemy as sa

    from storage.errors import LeaseTaken, StorageError
    from storage.leases import lease

    first = True
    while not stop.is_set():
        try:
            with lease(
                workspace.database,
                "serve",
                wait_seconds=math.inf if wait or not first else 0.0,
                waiting=partial(_log.warning, "another pikir serve has this store; waiting for it to end"),
                given_up=stop.is_set,
            ) as held:
                first = False
                _log.info("serving %s: %s", workspace.database.url_safe, workspace.settings.monitor.schedule.plan)
                scheduler.run(held.holds)
        except LeaseTaken:
            if not stop.is_set():
                raise InputError(_taken(workspace)) from None
        except (StorageError, sa.exc.DBAPIError) as error:
            if first:
                raise
            _log.debug("the lease of the store cannot be taken", exc_info=error)
            scheduler.tick()  # says, once, that the store is away
            stop.wait(_AGAIN_SECONDS)
    _log.info("stopped")


def _taken(workspace: Workspace) -> str:
    from flows.status import serving

    with workspace.database.read() as c:
        _, told = serving(c, dt.datetime.now(dt.UTC))
    return f"this store is served already ({told}). Stop that one first, or take over when it ends: pikir serve --wait"
