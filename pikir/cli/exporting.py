"""`pikir report` and `pikir export`: the numbers for people who get mail, and for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pikir.cli.options import Config, Database
from pikir.cli.output import InputError, console

if TYPE_CHECKING:
    from dashboard.state import State
    from dashboard.words import Language


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
    period: Annotated[
        str, typer.Option(help="2022-10-03, 2022-W40 or 2022-10; left out, the last whole week with results.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="The file to write: a name that ends in .html or .pdf.")] = None,
    language: Annotated[Tongue, typer.Option(help="The language of the report.")] = Tongue.en,
    mail: Annotated[bool, typer.Option("--mail", help="Mail what is due, as monitor.yaml, report, says.")] = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Write one self-contained file, HTML or PDF: the period's figures, charts, alerts and the method.

    Example: [bold]pikir report --period 2022-W40 --out report.pdf[/bold]
    """
    if mail == bool(out):
        raise InputError("give --out FILE to write a report, or --mail to send the one that is due")
    if out is None:
        _mail(config, database)
        return
    if out.suffix.lower() not in (".html", ".pdf"):
        raise InputError(f"{out} says nothing of the format: give a name that ends in .html or .pdf")
    _write(out, period, language.value, config, database)
    console.print(f"wrote {out}", markup=False)


def _write(out: Path, period: str, language: Language, config: str | None, database: str | None) -> None:
    """Write the report, and keep where it was written: it may quote posts that somebody asks to have forgotten."""
    from dashboard.report import report as html
    from dashboard.report_pdf import report_pdf
    from dashboard.state import State
    from flows.workspace import open_workspace
    from storage.exports import record_export

    with open_workspace(config, database) as workspace:
        state = State(workspace.settings, workspace.database, local=True)
        try:
            asked = period or _last_week(state)
            pdf = out.suffix.lower() == ".pdf"
            out.write_bytes(report_pdf(state, asked, language) if pdf else html(state, asked, language).encode())
        except ValueError as error:
            raise InputError(str(error)) from None
        except OSError as error:
            raise InputError(f"{out} cannot be written: {error.strerror}; give another --out") from None
        with workspace.database.write() as c:
            record_export(c, out, "report", texts=True)


def _last_week(state: State) -> str:
    from storage.shares import share_frame

    with state.read() as c:
        frame = share_frame(c, by="week", group="all", model=state.model_in(c))
    whole = frame.filter("complete")["period"]
    if not whole.len():
        raise InputError("there is no whole week with results yet: pikir run, or give --period")
    return str(whole.max())


def _mail(config: str | None, database: str | None) -> None:
    from flows.report import issue_reports

    mailed = issue_reports(config, database)
    for period, recipient in mailed.delivered:
        console.print(f"report of {period} sent to {recipient}", markup=False)
    for period, recipient, error in mailed.failed:
        console.print(f"report of {period} not delivered to {recipient}: {error}", markup=False)
    if not mailed.delivered and not mailed.failed:
        console.print("nothing to send: no recipients in monitor.yaml (report), or the report was sent before")
    if mailed.failed:
        raise typer.Exit(1)


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
