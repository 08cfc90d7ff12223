"""`pikir benchmark schedule`: a day of schedule compressed, while readers load the page."""

from __future__ import annotations

import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pikir.cli.options import Form
from pikir.cli.output import Format, InputError, console, print_rows


class Flow(StrEnum):
    """What is scheduled."""

    run = "run"
    maintain = "maintain"


def schedule(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long.")] = 60.0,
    every: Annotated[int, typer.Option(min=1, help="Seconds between two instants of the schedule.")] = 60,
    flow: Annotated[Flow, typer.Option(help="The whole job, or one that takes milliseconds.")] = Flow.run,
    readers: Annotated[int, typer.Option(min=1, help="People who load a page every second.")] = 2,
    form: Form = Format.table,
) -> None:
    """Runs that were missed, overlapped or failed, posts that were lost, memory, and pages, under a dense schedule.

    `pikir serve` runs as a process of its own on a temporary store with the bundled sample; posts arrive before each
    run.

    Example: [bold]pikir benchmark schedule --minutes 60[/bold]
    """
    from pikir.benchmarks import schedule as benchmark

    with tempfile.TemporaryDirectory(prefix="pikir-schedule-") as place:
        try:
            rows = benchmark.measure(
                Path(place),
                seconds=minutes * 60,
                every=every,
                flow=flow.value,
                readers=readers,
                log=console.print,
            )
        except RuntimeError as error:
            raise InputError(str(error)) from error
    print_rows(
        rows, form, benchmark.COLUMNS, f"pikir benchmark schedule: {flow.value} every {every} s, {minutes:g} min"
    )


def register(app: typer.Typer) -> None:
    """Adds the command to `pikir benchmark`."""
    app.command()(schedule)
