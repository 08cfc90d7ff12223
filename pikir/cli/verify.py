"""`pikir verify`: whether the database holds what it must."""

from __future__ import annotations

from typing import Annotated

import typer

from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, print_rows


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(verify)


def verify(
    everything: Annotated[
        bool, typer.Option("--all", help="Estimate every stored period anew, not a sample of 24.")
    ] = False,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """Check what must hold in the database: keys, posts behind opinions, shares, cursors, index, privacy.

    Nothing is changed. Status 1 where anything does not hold.

    Example: [bold]pikir verify --all[/bold]
    """
    from flows.verify import verify as run
    from flows.workspace import open_workspace

    with open_workspace(config, database) as workspace:
        verdicts = run(workspace.database, workspace.settings, everything=everything)
    rows = [{name: getattr(one, name) for name in ("check", "state", "found", "remedy")} for one in verdicts]
    print_rows(rows, form, ["check", "state", "found", "remedy"], "pikir verify")
    if any(one.state == "breach" for one in verdicts):
        raise typer.Exit(1)
