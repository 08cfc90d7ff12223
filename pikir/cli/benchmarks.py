"""`pikir benchmark …`: one command for each module of `pikir.benchmarks`."""

from __future__ import annotations

import typer

from pikir.benchmarks import speed

app = typer.Typer(help="Measure this installation; nothing is stored.", no_args_is_help=True)
for module in (speed,):
    app.command(module.NAME)(module.command)
