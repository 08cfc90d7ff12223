"""`pikir benchmark stance`: the shipped model on every labelled set of a data folder, beside what others published.

Rows are answered exactly as `pikir stance` answers them (`models.asking`). Macro-F1 is over the classes of
a set; RuSentNE's measure is the mean F1 of against and favor, as in its contest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from configs.recipes import RecipeSettings
from configs.settings import TargetSettings
from models.asking import answer
from models.stance import StanceModel
from models.training.data import CORPUS, CORPUS_FOLDER, NEWS, DataError, held_out, news_rows, read_rows, untrained
from models.training.evaluate import Labels, figure, macro_f1
from pikir.benchmarks.published import PUBLISHED
from pikir.benchmarks.reliability import reliability
from storage.records import STANCES

RECIPE = Path(__file__).parent.parent.parent / "configs" / "training" / "stance-small.yaml"
Row = dict[str, Any]
ALL = (0, 1, 2)
POLAR = (0, 2)
COLUMNS = ("set", "measure", "n", "majority", "pikir", "low", "high", "ECE", "published")


@dataclass(frozen=True)
class LabelledSet:
    """Rows of id, text, target, label, lang (perhaps start, end), and the classes that its F1 averages over.

    `parts`: keys of rows by whose values the set is measured once more.
    """

    name: str
    rows: Sequence[Row]
    classes: tuple[int, ...] = ALL
    parts: tuple[str, ...] = ()


def labelled_sets(data: Path, recipe: RecipeSettings) -> Iterator[LabelledSet]:
    """The development part of each set of the recipe, pikir_dev, and what was held out of the project's own posts.

    A set whose file is not in `data` is left out. Rows whose text is also trained on are too.
    """
    for form in recipe.sets:
        if not ((data / (form.dev or form.train)).is_file() and (data / form.train).is_file()):
            continue
        rows = untrained(data, form, recipe.max_words)
        if form.name == "ruw":
            for target in ("Russia", "Ukraine"):
                yield LabelledSet(f"{form.name}/{target}", [row for row in rows if row["target"] == target])
        else:
            classes = tuple(STANCES.index(name) for name in STANCES if name in form.classes)
            yield LabelledSet(form.name, rows, POLAR if form.name == "rusentne2023" else classes)
    own = data / "stance" / "pikir_dev" / "dev.jsonl"
    if own.is_file():
        yield LabelledSet("pikir_dev", list(read_rows(own)), parts=("lang", "target"))
    yield LabelledSet("corpus, held out", _corpus(recipe), parts=("lang", "target"))
    if (data / recipe.news).is_file():
        rows = news_rows(data / recipe.news)
        held = [row for row in rows if held_out(f"{NEWS}/{row['id']}", recipe.corpus_holdout)]
        yield LabelledSet("real channel posts, held out", held)


def given_sets(paths: Sequence[Path]) -> Iterator[LabelledSet]:
    """Labelled files of the user's own. DataError names a file and line that cannot be used."""
    for path in paths:
        rows = list(read_rows(path))
        for number, row in enumerate(rows, start=1):
            if missing := {"id", "text", "target", "label", "lang"} - row.keys():
                raise DataError(f"{path}, line {number}: lacks {', '.join(sorted(missing))}")
            if row["label"] not in STANCES:
                raise DataError(f"{path}, line {number}: label {row['label']!r}, allowed are {', '.join(STANCES)}")
        yield LabelledSet(path.stem, rows, parts=("lang", "target"))


def read(
    labelled: LabelledSet, targets: Sequence[TargetSettings], model: StanceModel
) -> tuple[NDArray[np.float64], Labels]:
    """The probabilities that the model gives (rows x 3), and the labels as indices of STANCES."""
    answers = answer(labelled.rows, targets, model)
    p = np.array([[row[f"p_{name}"] for name in STANCES] for row in answers])
    return p, np.array([STANCES.index(row["label"]) for row in labelled.rows], dtype=np.int64)


def measure(labelled: LabelledSet, p: NDArray[np.float64], truth: Labels) -> Iterator[dict[str, Any]]:
    """The set's line of the table, and one for each part that has both fewer rows and more than one.

    Figures in percent, the 95% interval from 500 resamplings of the rows.
    """
    yield _line(labelled.name, truth, p, labelled.classes)
    for key in labelled.parts:
        values = np.array([str(row[key]) for row in labelled.rows])
        for value in sorted(set(values.tolist())):
            here = values == value
            if 1 < here.sum() < len(values):
                yield _line(f"{labelled.name}: {value}", truth[here], p[here], labelled.classes)


def _line(name: str, truth: Labels, p: NDArray[np.float64], classes: tuple[int, ...]) -> dict[str, Any]:
    found = figure(name, truth, p, classes)
    common = np.full_like(truth, np.bincount(truth).argmax())
    others = PUBLISHED.get(name, ())
    return {
        "set": name,
        "measure": "F1(PN)" if name == "rusentne2023" else "macro-F1",
        "n": found.rows,
        "majority": _percent(macro_f1(truth, common, classes)),
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
) -> tuple[list[dict[str, Any]], dict[str, pl.DataFrame]]:
    """The whole table, and the reliability of each set. `report` is told each set's name as its turn comes."""
    lines: list[dict[str, Any]] = []
    curves = {}
    for labelled in [*labelled_sets(data, recipe), *given_sets(extra)]:
        if labelled.rows:
            report(labelled.name)
            p, truth = read(labelled, targets, model)
            lines += measure(labelled, p, truth)
            curves[labelled.name] = reliability(p, truth)
    return lines, curves


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
