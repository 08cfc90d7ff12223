"""`pikir train` makes an adapter from a recipe and labelled sets, `pikir train-narratives` its narrative head alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pikir.cli.options import Config, DataFolder
from pikir.cli.output import InputError, console

if TYPE_CHECKING:
    from configs.recipes import RecipeSettings
    from configs.settings import Settings
    from models.training.narrative_figures import NarrativeFigure


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(train)
    app.command("train-narratives")(train_narratives)


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
    from configs.loading import load
    from models.adapter import FOLDER
    from models.training.make import make_adapter

    form = _recipe(recipe)
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
    try:
        _narratives(form, destination, settings, None, data, baselines=False, held_back=False)
    except InputError as error:
        console.print(f"[yellow]no narratives[/yellow] {error}")


def train_narratives(
    recipe: Annotated[Path, typer.Option(help="The YAML file that the adapter was trained by.")],
    adapter: Annotated[
        Path | None, typer.Option(help="The adapter's folder; models/adapters/NAME if left out.")
    ] = None,
    corpus: Annotated[Path | None, typer.Option(help="A folder of labelled posts; models/corpus if left out.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="The folder of labelled sets: with it the labelled real news are fitted on too.")
    ] = None,
    baselines: Annotated[bool, typer.Option(help="Measure the majority and TF-IDF too.")] = False,
    held_back: Annotated[bool, typer.Option(help="Measure each narrative as if it were new (ten minutes).")] = False,
    config: Config = None,
) -> None:
    """Fit the narrative head of an adapter that is trained already: a minute or two.

    Example: [bold]pikir train-narratives --recipe configs/training/stance-small.yaml --data ../data[/bold]
    """
    from configs.loading import load
    from models.adapter import FOLDER

    form = _recipe(recipe)
    settings = load(Path(config) if config else None)
    _narratives(form, adapter or FOLDER / form.name, settings, corpus, data, baselines=baselines, held_back=held_back)


def _recipe(path: Path) -> RecipeSettings:
    from pydantic import ValidationError

    from configs.recipes import load_recipe

    try:
        return load_recipe(path)
    except (OSError, ValidationError) as error:
        raise InputError(f"{path}: {error}") from error


def _narratives(
    form: RecipeSettings,
    folder: Path,
    settings: Settings,
    corpus: Path | None,
    data: Path | None,
    *,
    baselines: bool,
    held_back: bool,
) -> None:
    from models.training import make_narratives as making
    from models.training.data import CORPUS_FOLDER, DataError
    from models.training.narrative_data import load_narratives

    texts = corpus or CORPUS_FOLDER
    news = data / form.news if data and form.news else None
    try:
        found = making.make_narratives(folder, form, settings.targets, texts, console.print, news)
    except DataError as error:
        raise InputError(str(error)) from error
    _print_figures(found)
    targets = {one.id: one for one in settings.targets}
    split = load_narratives(targets, form.max_words, form.corpus_holdout, texts, news)
    if baselines:
        _print_figures(making.baselines(folder, form, settings.targets, split))
    for one in making.held_back(folder, form, settings.targets, split) if held_back else ():
        console.print(f"{one.narrative:<28} new F1 {one.unseen:.3f}  trained {one.trained:.3f}  n {one.rows}")
    console.print(f"narratives written to {folder}")


def _print_figures(found: Iterable[NarrativeFigure]) -> None:
    for f in found:
        console.print(
            f"{f.name:<32} micro-F1 {f.micro:.3f} [{f.micro_low:.3f}, {f.micro_high:.3f}]  "
            f"macro-F1 {f.macro:.3f} [{f.macro_low:.3f}, {f.macro_high:.3f}]  "
            f"posts {f.rows}  labels {f.labels}  narratives {f.narratives}"
        )
