"""`pikir benchmark faults`: runs killed at random instants, and run again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pikir.cli.options import Form
from pikir.cli.output import Format, console, print_rows


def register(app: typer.Typer) -> None:
    """Adds the command to `pikir benchmark`."""
    app.command()(faults)


def faults(
    kills: Annotated[int, typer.Option(min=1, help="How many runs to kill.")] = 100,
    posts: Annotated[int, typer.Option(min=50, help="Messages that each run reads.")] = 400,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal instants, as shares of a run.")] = 0,
    form: Form = Format.table,
) -> None:
    """Kill runs at random instants, run each again, and compare with an undisturbed run; status 1 where one differs.

    Example: [bold]pikir benchmark faults --kills 100[/bold]
    """
    from pikir.benchmarks.faults import COLUMNS, run_kills

    rows = []
    with tempfile.TemporaryDirectory(prefix="pikir-faults-") as folder:
        for kill in run_kills(Path(folder), kills, posts, seed):
            row = {name: getattr(kill, name) for name in COLUMNS} | {"differing": ", ".join(kill.differing)}
            rows.append(row)
            told = "identical" if kill.identical else f"differs in {row['differing']}"
            console.print(f"{kill.kill}/{kills}: killed after {kill.after:.1f} s ({kill.stage}), run again: {told}")
    same = sum(row["identical"] for row in rows)
    print_rows(rows, form, COLUMNS, f"pikir benchmark faults: {same} of {kills} identical to the undisturbed run")
    if same < kills:
        raise typer.Exit(1)
