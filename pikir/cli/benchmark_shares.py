"""`pikir benchmark shares`: coverage, errors and speed of the shares on simulated chatter."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from pikir.cli.options import Form
from pikir.cli.output import Format, InputError, console, print_rows


def shares(
    repetitions: Annotated[int, typer.Option(min=2, help="Simulated samples of each scenario.")] = 1000,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal samples.")] = 0,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0 is one a processor.")] = 0,
    speed: Annotated[bool, typer.Option("--speed", help="Measure speed alone: a year of a million opinions.")] = False,
    form: Form = Format.table,
) -> None:
    """How often 95% intervals hold, and how far shares are off, in every scenario of the simulator; beside the targets.

    error is the Monte-Carlo standard error of the value. 1,000 repetitions take some 15 minutes of one processor.

    Example: [bold]pikir benchmark shares --repetitions 100 --format csv[/bold]
    """
    if speed:
        from pikir.benchmarks import shares_speed

        print_rows(shares_speed.measure(console.print), form, shares_speed.COLUMNS, "pikir benchmark shares --speed")
        return
    from pikir.benchmarks import shares as benchmark

    try:
        rows = benchmark.table(repetitions, seed, jobs or os.cpu_count() or 1, console.print)
    except FileNotFoundError as error:
        raise InputError(str(error)) from error
    print_rows(rows, form, benchmark.COLUMNS, f"pikir benchmark shares: {repetitions} repetitions, seed {seed}")


def register(app: typer.Typer) -> None:
    """Adds the command to `pikir benchmark`."""
    app.command()(shares)
