"""`pikir benchmark collect`: how fast forums are read and Telegram messages are stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pikir.cli.options import Config, Form
from pikir.cli.output import Format, InputError, console, print_rows


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("collect")(collect)


def collect(
    posts: Annotated[int, typer.Option(min=100, help="Forum posts to parse, over all engines.")] = 10_000,
    messages: Annotated[
        int, typer.Option(min=100, help="Telegram messages to store from a loopback server.")
    ] = 100_000,
    config: Config = None,
    form: Form = Format.table,
) -> None:
    """Forum posts parsed a second of one processor, and Telegram messages stored a second from a server on loopback.

    ratio is against target (300 posts a second of processor, 3,000 messages a second). Needs a checkout with its tests
    and the packages of the `dev` extra; nothing is stored.

    Example: [bold]pikir benchmark collect --format json[/bold]
    """
    from configs.loading import load
    from pikir.benchmarks import collect as benchmark

    settings = load(Path(config) if config else None)
    try:
        rows = benchmark.measure(posts, messages, settings.engines, console.print)
    except FileNotFoundError as error:
        raise InputError(str(error)) from error
    except ModuleNotFoundError as error:
        raise InputError(f"{error.name} is not installed: pip install -e '.[dev]'") from error
    print_rows(rows, form, benchmark.COLUMNS, "pikir benchmark collect")
