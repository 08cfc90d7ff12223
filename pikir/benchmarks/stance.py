"""`pikir benchmark stance`: the shipped model on every labelled set of a data folder, beside what others published.

Rows are answered exactly as `pikir stance` answers them (`models.asking`). Macro-F1 is over the classes of
a set; RuSentNE's measure is the mean F1 of against and favor, as in its contest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from configs.recipes import RecipeSettings
from configs.settings import TargetSettings
from models.asking import answer
from models.stance import StanceModel
from models.training.data import CORPUS, CORPUS_FOLDER, NEWS, DataError, held_out, news_rows, read_rows, untrained
from models.training.evaluate import Labels, figure, macro_f1
from pikir.benchmarks.published import PUBLISHED
from pikir.cli.options import Config, DataFolder, Form
from pikir.cli.output import Format, InputError, console, print_rows
from storage.records import STANCES

NAME = "stance"
RECIPE = Path(__file__).parent.parent.parent / "configs" / "training" / "stance-small.yaml"
Row = dict[str, Any]
ALL = (0, 1, 2)
POLAR = (0, 2)
COLUMNS = ("set", "measure", "n", "majority", "pikir", "low", "high", "ECE", "published")


def command(
    data: DataFolder,
    file: Annotated[
        list[Path] | None, typer.Option(help="A labelled JSONL file of your own (id, text, target, label, lang).")
    ] = None,
    recipe: Annotated[Path, typer.Option(help="The recipe whose sets are measured.")] = RECIPE,
    config: Config = None,
    form: Form = Format.table,
) -> None:
    """F1 of the shipped model on every labelled set, with intervals, beside what others published.

    Example: [bold]pikir benchmark stance --data ../data --format csv[/bold]
    """
    from configs.loading import load
    from configs.recipes import load_recipe

    settings = load(Path(config) if config else None)
    model = StanceModel(settings.monitor.adapter, settings.monitor.encoder)
    try:
        rows = table(data, file or [], load_recipe(recipe), settings.targets, model, console.print)
    except DataError as error:
        raise InputError(str(error)) from error
    print_rows(rows, form, COLUMNS, f"pikir benchmark stance: {model.model}, percent")


@dataclass(frozen=True)
class LabelledSet:
    """Rows of id, text, target, label, lang (perhaps start, end), and the classes that its F1 averages over."""

    name: str
    rows: Sequence[Row]
    classes: tuple[int, ...] = ALL


def labelled_sets(data: Path, recipe: RecipeSettings, targets: Sequence[TargetSettings]) -> Iterator[LabelledSet]:
    """The development part of each set of the recipe, pikir_dev, and what was held out of the project's own posts.

    A set whose file is not in `data` is left out. Rows whose text is also trained on are too.
    """
    for form in recipe.sets:
        if (data / (form.dev or form.train)).is_file() and (data / form.train).is_file():
            rows = untrained(data, form, recipe.max_words)
            classes = tuple(STANCES.index(name) for name in STANCES if name in form.classes)
            if form.name == "rusentne2023":
                yield LabelledSet(form.name, rows, POLAR)
            elif form.name == "ruw":
                for target in ("Russia", "Ukraine"):
                    yield LabelledSet(f"{form.name}/{target}", [row for row in rows if row["target"] == target])
            else:
                yield LabelledSet(form.name, rows, classes)
    own = data / "stance" / "pikir_dev" / "dev.jsonl"
    if own.is_file():
        yield from _by_language_and_target("pikir_dev", list(read_rows(own)))
    yield from _by_language_and_target("corpus, held out", _corpus(recipe))
    if (data / recipe.news).is_file():
        rows = news_rows(data / recipe.news)
        held = [row for row in rows if held_out(f"{NEWS}/{row['id']}", recipe.corpus_holdout)]
        yield LabelledSet("real channel posts, held out", held)


def given_sets(paths: Sequence[Path]) -> Iterator[LabelledSet]:
    """Labelled files of the user's own, each whole, by language and by target."""
    for path in paths:
        yield from _by_language_and_target(path.stem, list(read_rows(path)))


def measure(labelled: LabelledSet, targets: Sequence[TargetSettings], model: StanceModel) -> dict[str, Any]:
    """One line of the table: figures in percent, the 95% interval from 500 resamplings of the set's rows."""
    answers = answer(labelled.rows, targets, model)
    p = np.array([[row[f"p_{name}"] for name in STANCES] for row in answers])
    truth: Labels = np.array([STANCES.index(row["label"]) for row in labelled.rows], dtype=np.int64)
    found = figure(labelled.name, truth, p, labelled.classes)
    common = np.full_like(truth, np.bincount(truth).argmax())
    others = PUBLISHED.get(labelled.name, ())
    return {
        "set": labelled.name,
        "measure": "F1(PN)" if labelled.classes == POLAR and labelled.name == "rusentne2023" else "macro-F1",
        "n": found.rows,
        "majority": _percent(macro_f1(truth, common, labelled.classes)),
        "pikir": _percent(found.f1),
        "low": _percent(found.low),
        "high": _percent(found.high),
        "ECE": round(found.calibration_error, 3),
        "published": "; ".join(f"{p.system} {p.value:g} ({p.comparable})" for p in others),
    }


def table(
    data: Path,
    extra: Sequence[Path],
    recipe: RecipeSettings,
    targets: Sequence[TargetSettings],
    model: StanceModel,
    report: Callable[[str], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """The whole table; `report` is told each set's name as its turn comes."""
    lines = []
    for labelled in [*labelled_sets(data, recipe, targets), *given_sets(extra)]:
        if labelled.rows:
            report(labelled.name)
            lines.append(measure(labelled, targets, model))
    return lines


def _by_language_and_target(name: str, rows: list[Row]) -> Iterator[LabelledSet]:
    yield LabelledSet(name, rows)
    for key in ("lang", "target"):
        for value in sorted({str(row[key]) for row in rows}):
            yield LabelledSet(f"{name}: {value}", [row for row in rows if str(row[key]) == value])


def _corpus(recipe: RecipeSettings) -> list[Row]:
    return [
        {**row, "target": target, "label": label}
        for path in sorted(CORPUS_FOLDER.glob("*.jsonl"))
        for row in read_rows(path)
        if held_out(f"{CORPUS}/{row.get('set', row['id'])}", recipe.corpus_holdout)
        for target, label in row["labels"].items()
    ]


def _percent(value: float) -> float:
    return round(100 * value, 1)
