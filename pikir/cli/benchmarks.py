"""`pikir benchmark …`: what this installation can do, measured in one run; nothing is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pikir.cli import benchmark_spikes
from pikir.cli.options import Config, DataFolder, Form
from pikir.cli.output import Format, InputError, console, print_rows

app = typer.Typer(help="Measure this installation; nothing is stored.", no_args_is_help=True)
app.command()(benchmark_spikes.spikes)
Recipe = Annotated[Path | None, typer.Option(help="A recipe of configs/training/ other than the usual one.")]


@app.command()
def stance(
    data: DataFolder,
    file: Annotated[
        list[Path] | None, typer.Option(help="A labelled JSONL file of your own (id, text, target, label, lang).")
    ] = None,
    recipe: Recipe = None,
    diagram: Annotated[
        Path | None, typer.Option(help="Write the reliability diagram here: .svg, .png, .html or .json.")
    ] = None,
    config: Config = None,
    form: Form = Format.table,
) -> None:
    """F1 of the shipped model on every labelled set, with intervals, beside what others published.

    Example: [bold]pikir benchmark stance --data ../data --format csv[/bold]
    """
    from models.stance import StanceModel
    from models.training.data import DataError
    from pikir.benchmarks import reliability
    from pikir.benchmarks import stance as benchmark

    settings = _settings(config)
    model = StanceModel(settings.monitor.adapter, settings.monitor.encoder)
    try:
        rows, curves = benchmark.table(
            data, file or [], _recipe(recipe or benchmark.RECIPE), settings.targets, model, console.print
        )
    except DataError as error:
        raise InputError(str(error)) from error
    print_rows(rows, form, benchmark.COLUMNS, f"pikir benchmark stance: {model.model}, percent")
    if diagram:
        reliability.diagram(curves, f"{model.model}: how often the chosen stance is right").save(diagram)


@app.command()
def speed(
    texts: Annotated[int, typer.Option(min=16, help="How many texts each engine reads in a round.")] = 96,
    seconds: Annotated[float, typer.Option(min=1, help="No new round is begun after this time.")] = 75.0,
    form: Form = Format.table,
) -> None:
    """Posts a second on one thread: this model in int8, torch, OpenVINO, a transformers pipeline, and the screen.

    times_torch: against torch fp32 of the same encoder, 32 texts a batch as they come; the next column with our
    batches by length. int8_peak_share: how much of the machine's measured int8 peak the text's own tokens use.
    agreement: the share of texts with the stance that torch gives.

    Example: [bold]pikir benchmark speed --format json[/bold]
    """
    from pikir.benchmarks import speed as benchmark

    rows, about = benchmark.measure(texts, seconds, console.print)
    print_rows(rows, form, benchmark.COLUMNS, f"pikir benchmark speed: one thread, {about}")


@app.command("zero-shot")
def zero_shot(
    data: DataFolder,
    recipe: Recipe = None,
    folder: Annotated[
        Path | None, typer.Option(help="Keeps checkpoints and adapters here, so that a stopped run goes on.")
    ] = None,
    config: Config = None,
    form: Form = Format.table,
) -> None:
    """Macro-F1 on targets that training never saw, beside the same training with them. Trains twice: some 20 minutes.

    Example: [bold]pikir benchmark zero-shot --data ../data --folder var/zero-shot[/bold]
    """
    from models.training.data import DataError
    from pikir.benchmarks import zero_shot as benchmark

    targets = {target.id: target for target in _settings(config).targets}
    try:
        rows = benchmark.table(
            _recipe(recipe or benchmark.RECIPE),
            data,
            targets,
            folder,
            lambda name, p: console.print(f"{name}: step {p.step:,} of {p.steps:,}, loss {p.loss:.3f}"),
        )
    except DataError as error:
        raise InputError(str(error)) from error
    print_rows(rows, form, benchmark.COLUMNS, "pikir benchmark zero-shot: macro-F1, percent")


def _settings(config: str | None) -> Any:
    from configs.loading import load

    return load(Path(config) if config else None)


def _recipe(path: Path) -> Any:
    from pydantic import ValidationError

    from configs.recipes import load_recipe

    try:
        return load_recipe(path)
    except (OSError, ValidationError) as error:
        raise InputError(f"{path}: {error}") from error
