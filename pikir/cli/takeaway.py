"""`pikir report` and `pikir export`: the numbers for people who get mail, and for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pikir.cli.options import Config, Database
from pikir.cli.output import InputError, console


class Tongue(StrEnum):
    """The languages of the report."""

    en = "en"
    ru = "ru"
    kk = "kk"


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(report)
    app.command()(export)


def report(
    period: Annotated[str, typer.Option(help="2022-10-03, 2022-W40 or 2022-10.")],
    out: Annotated[Path, typer.Option(help="The HTML file to write.")],
    language: Annotated[Tongue, typer.Option(help="The language of the report.")] = Tongue.en,
    config: Config = None,
    database: Database = None,
) -> None:
    """Write one self-contained HTML file: the period's figures, charts, alerts and the method.

    Example: [bold]pikir report --period 2022-W40 --out report.html[/bold]
    """
    from dashboard.report import report as written
    from dashboard.state import State
    from flows.workspace import open_workspace
    from storage.exports import record_export

    with open_workspace(config, database) as workspace:
        try:
            html = written(State(workspace.settings, workspace.database, local=True), period, language.value)
        except ValueError as error:
            raise InputError(str(error)) from None
        try:
            out.write_text(html, encoding="utf-8")
        except OSError as error:
            raise InputError(f"{out} cannot be written: {error.strerror}; give another --out") from None
        with workspace.database.write() as c:
            record_export(c, out, "report", texts=True)
    console.print(f"wrote {out}", markup=False)


def export(
    folder: Annotated[Path, typer.Argument(help="The folder to write; it is made where there is none.")],
    config: Config = None,
    database: Database = None,
) -> None:
    """Write the results as Parquet, with a data dictionary; DuckDB, R and pandas open them. No post is among them.

    Example: [bold]pikir export results[/bold]
    """
    from flows.workspace import open_workspace
    from pikir.parquet import export_results
    from storage.exports import record_export

    with open_workspace(config, database) as workspace:
        try:
            with workspace.database.read() as c:
                written = export_results(c, folder)
        except OSError as error:
            raise InputError(f"{folder} cannot be written: {error.strerror}; give another folder") from None
        with workspace.database.write() as c:
            record_export(c, folder, "export", texts=False)
    for name, rows in written.items():
        console.print(f"{name}: {rows} rows", markup=False)
