"""`pikir benchmark cluster`: what a second Dask worker is worth."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pikir.cli.options import Form
from pikir.cli.output import Format, InputError, console, print_rows


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("cluster")(cluster)


def cluster(
    posts: Annotated[int, typer.Option(min=1000, help="Posts to annotate.")] = 20_000,
    mentioning: Annotated[float, typer.Option(min=0, max=1, help="The share of them that mentions a target.")] = 0.2,
    workers: Annotated[int, typer.Option(min=2, help="Workers to compare with one; each has one thread.")] = 2,
    form: Form = Format.table,
) -> None:
    """Annotation on one Dask worker and on several, on this machine: the ratio, and whether the results are the same.

    Needs the `cluster` extra, and as many idle cores as workers: on a busy machine the ratio says little.

    Example: [bold]pikir benchmark cluster --posts 5000[/bold]
    """
    try:
        import distributed  # noqa: F401

        from pikir.benchmarks import cluster as benchmark
        from pikir.benchmarks.run import RunError
    except ModuleNotFoundError as error:
        raise InputError(f"{error.name} is not installed: pip install -e '.[cluster]'") from error
    with tempfile.TemporaryDirectory(prefix="pikir-benchmark-") as folder:
        try:
            rows = benchmark.measure(posts, mentioning, workers, Path(folder), console.print)
        except RunError as error:
            raise InputError(str(error)) from error
    print_rows(rows, form, benchmark.COLUMNS, "pikir benchmark cluster")
