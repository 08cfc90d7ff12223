"""The command `pikir benchmark spikes`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pikir.cli.options import Form
from pikir.cli.output import Format, console, print_rows


def spikes(
    data: Annotated[
        Path | None, typer.Option(envvar="PIKIR_DATA", help="A folder with nab/windows.json and its series.")
    ] = None,
    references: Annotated[
        Path | None, typer.Option(help="Series and output of R's surveillance; those of the tests if left out.")
    ] = None,
    series: Annotated[int, typer.Option(min=2, help="Simulated series a scenario.")] = 20,
    form: Form = Format.table,
) -> None:
    """Spike detectors: against R, on labelled series (NAB), on simulated outbreaks, quiet years; and their speed.

    Example: [bold]pikir benchmark spikes --data ../data[/bold]
    """
    from pikir.benchmarks import spikes as benchmark

    rows = benchmark.table(data, references or benchmark.REFERENCES, series, console.print)
    print_rows(rows, form, list(benchmark.COLUMNS), "pikir benchmark spikes")
