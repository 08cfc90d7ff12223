"""`pikir benchmark run`: how long a whole run takes on many posts, and on a few more."""

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
    app.command("run")(run)


def run(
    posts: Annotated[int, typer.Option(min=100, help="Posts of the first run, over three years.")] = 1_000_000,
    mentioning: Annotated[float, typer.Option(min=0, max=1, help="The share of them that mentions a target.")] = 0.05,
    new: Annotated[int, typer.Option(min=10, help="Posts of the second run.")] = 1000,
    database: Annotated[
        str, typer.Option(help="An empty PostgreSQL database; left out, a file of SQLite.", envvar="PIKIR_BENCHMARK_DB")
    ] = "",
    folder: Annotated[Path | None, typer.Option(help="Keep the files here; needs some 2 GB a million posts.")] = None,
    form: Form = Format.table,
) -> None:
    """Import, annotate, estimate, compare and alert, stage by stage: on many posts, a few more, and these few alone.

    The posts are distinct, put together from the bundled sample's texts. part: of the run's time. mib: the most memory
    that the process held. Seconds are by the clock of this machine; the ratio of the second run to the third is not.

    Example: [bold]pikir benchmark run --posts 20000[/bold]
    """
    from pikir.benchmarks import run as benchmark
    from pikir.benchmarks.load import Load

    plan = benchmark.Plan(Load(posts + new, mentioning), new, database)
    place = nullcontext(str(folder)) if folder else tempfile.TemporaryDirectory(prefix="pikir-benchmark-")
    with place as at:
        if (Path(at) / "many").exists():
            raise InputError(f"{at} holds an earlier measurement; remove it or give another folder")
        try:
            rows = list(benchmark.measure(plan, Path(at), console.print))
        except benchmark.RunError as error:
            raise InputError(str(error)) from error
    print_rows(rows, form, benchmark.COLUMNS, "pikir benchmark run")
