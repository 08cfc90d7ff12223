"""`pikir benchmark page`: how fast the page answers many readers over three years of history."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from pikir.cli.options import Form
from pikir.cli.output import Format, InputError, console, print_rows


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("page")(page)


def page(
    opinions: Annotated[int, typer.Option(min=1000, help="Opinions in the database, over three years.")] = 1_000_000,
    readers: Annotated[int, typer.Option(min=1, help="Readers at once.")] = 20,
    pause: Annotated[
        float, typer.Option(min=0, help="Seconds that each pauses after an answer, on average; 0: it never does.")
    ] = 1.0,
    seconds: Annotated[float, typer.Option(min=1, help="How long they read.")] = 60.0,
    database: Annotated[
        str | None, typer.Option(help="An empty PostgreSQL database, or one that this command filled; else SQLite.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="A folder that keeps the SQLite database for the next time.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser", help="Also the first chart in Chromium, where it is.")] = False,
    form: Form = Format.table,
) -> None:
    """Times of every page, chart and API route with a drawn monitor, while a run writes into the same database.

    Server, readers and writer are processes of their own. processor_ms: what one request costs the server, asked alone
    and cold ones among them; ratio: the same in requests of the plainest page, which machines do not change.

    Example: [bold]pikir benchmark page --keep var/page --browser[/bold]
    """
    from pikir.benchmarks import page as benchmark

    asked = benchmark.Asked(opinions, readers, seconds, pause, browser)
    with nullcontext(str(keep)) if keep else tempfile.TemporaryDirectory(prefix="pikir-page-") as folder:
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        url = database or f"sqlite:///{place.absolute()}/page-{opinions}.db"
        try:
            rows, about = benchmark.measure(url, place, asked, lambda text: console.print(text, markup=False))
        except (ValueError, RuntimeError) as error:
            raise InputError(str(error)) from error
    print_rows(
        rows,
        form,
        benchmark.COLUMNS,
        f"pikir benchmark page: {opinions:,} opinions, {readers} readers, pause {pause:g} s; {about}",
    )
