"""`pikir benchmark polls`: tracking opinion between polls, on simulated histories."""

from __future__ import annotations

from typing import Annotated

import typer

from pikir.cli.options import Form
from pikir.cli.output import Format, console, print_rows


def polls(
    repetitions: Annotated[int, typer.Option(min=2, help="Simulated histories of each setting.")] = 1000,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal histories.")] = 0,
    form: Form = Format.table,
) -> None:
    """How near the monitor comes to opinion between polls, beside the last poll, and how often its intervals hold.

    Histories are simulated, so that the truth is known; error is the Monte-Carlo standard error of the value. 1,000
    repetitions take some minutes.

    Example: [bold]pikir benchmark polls --repetitions 100 --format csv[/bold]
    """
    from pikir.benchmarks import polls as benchmark

    rows = benchmark.table(repetitions, seed, console.print)
    print_rows(rows, form, benchmark.COLUMNS, f"pikir benchmark polls: {repetitions} histories a setting, seed {seed}")


def register(app: typer.Typer) -> None:
    """Adds the command to `pikir benchmark`."""
    app.command()(polls)
