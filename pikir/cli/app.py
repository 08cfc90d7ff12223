"""The `pikir` command and its groups."""

from __future__ import annotations

import importlib.metadata
import os
from typing import Annotated

import typer

from pikir.cli import (
    alerts,
    audits,
    backups,
    benchmark_cluster,
    benchmark_collect,
    benchmark_faults,
    benchmark_page,
    benchmark_polls,
    benchmark_run,
    benchmark_schedule,
    benchmark_shares,
    benchmarks,
    dashboard,
    doctor,
    exporting,
    forget,
    importing,
    listings,
    models,
    polls,
    probing,
    rooms,
    runs,
    serving,
    telegram,
    training,
    users,
    verify,
    weighting,
)
from pikir.cli.options import LogFormat

app = typer.Typer(
    name="pikir",
    help="Measures what people write about a subject, and reports it as a pollster would.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
runs.register(app)
serving.register(app)
importing.register(app)
probing.register(app)
listings.register(app)
polls.register(app)
telegram.register(app)
app.add_typer(alerts.app, name="alerts")
app.add_typer(audits.app, name="audit")
rooms.register(app)
weighting.register(app)
training.register(app)
doctor.register(app)
exporting.register(app)
verify.register(app)
forget.register(app)
backups.register(app)
models.register(app)
dashboard.register(app)
app.add_typer(users.users_app, name="users")
app.add_typer(users.tokens_app, name="tokens")
benchmark_collect.register(benchmarks.app)
benchmark_faults.register(benchmarks.app)
benchmark_page.register(benchmarks.app)
benchmark_shares.register(benchmarks.app)
benchmark_polls.register(benchmarks.app)
benchmark_run.register(benchmarks.app)
benchmark_cluster.register(benchmarks.app)
benchmark_schedule.register(benchmarks.app)
app.add_typer(benchmarks.app, name="benchmark")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(importlib.metadata.version("pikir"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
    log_format: LogFormat = None,
) -> None:
    """Measures what people write about a subject, and reports it as a pollster would."""
    if log_format is not None:
        from pikir.logs import FORMAT_VARIABLE

        os.environ[FORMAT_VARIABLE] = log_format.value
