"""`pikir benchmark …`: one command for each module of `pikir.benchmarks`."""

from __future__ import annotations

import typer

from pikir.benchmarks import speed, stance, zero_shot

app = typer.Typer(help="Measure this installation; nothing is stored.", no_args_is_help=True)
for module in (stance, speed, zero_shot):
    app.command(module.NAME)(module.command)
