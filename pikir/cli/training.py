"""`pikir train`: makes an adapter from a recipe and labelled sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pikir.cli.options import Config, DataFolder
from pikir.cli.output import InputError, console


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(train)


def train(
    recipe: Annotated[Path, typer.Option(help="A YAML file of configs/training/.")],
    data: DataFolder,
    output: Annotated[
        Path | None, typer.Option(help="Where the adapter goes; models/adapters/NAME if left out.")
    ] = None,
    checkpoint: Annotated[Path, typer.Option(help="Where a stopped run goes on from.")] = Path("var/training"),
    config: Config = None,
) -> None:
    """Train the stance model; a stopped run goes on from its last checkpoint.

    Example: [bold]pikir train --recipe configs/training/stance-small.yaml --data ../data[/bold]
    """
    from pydantic import ValidationError

    from configs.loading import load
    from configs.recipes import load_recipe
    from models.adapter import FOLDER
    from models.training.make import make_adapter

    try:
        form = load_recipe(recipe)
    except (OSError, ValidationError) as error:
        raise InputError(f"{recipe}: {error}") from error
    settings = load(Path(config) if config else None)
    destination = output or FOLDER / form.name
    figures = make_adapter(
        form,
        data,
        {target.id: target for target in settings.targets},
        checkpoint / form.name,
        destination,
        lambda p: console.print(f"step {p.step:,} of {p.steps:,}, loss {p.loss:.3f}"),
    )
    for f in figures:
        console.print(
            f"{f.name:<16} macro-F1 {f.f1:.3f} [{f.low:.3f}, {f.high:.3f}]  n {f.rows}  ECE {f.calibration_error:.3f}"
        )
    console.print(f"written to {destination}")
