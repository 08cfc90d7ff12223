"""Makes an adapter, whole: train, reduce to low rank, calibrate on what was held out, measure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from configs.recipes import RecipeSettings
from configs.settings import TargetSettings
from models.adapter import reduce_changes, save_adapter, save_calibration
from models.calibration import Array, Calibration, fit
from models.stance import Query, StanceModel
from models.training.data import Example, Split, calibrates, load_split
from models.training.evaluate import Figure, Labels, figure
from models.training.train import Progress, build_network, train, trained_weights
from storage.records import STANCES

MOST_ROWS = 2000
_ROWS_FOR_TEMPERATURE = 300


def make_adapter(
    recipe: RecipeSettings,
    data: Path,
    targets: dict[str, TargetSettings],
    checkpoint: Path,
    destination: Path,
    report: Callable[[Progress], None],
) -> list[Figure]:
    """Trains after the recipe (or goes on from `checkpoint`), writes the adapter folder, and returns its figures."""
    split = load_split(recipe, data, targets)
    network = train(recipe, split, targets, checkpoint, report)
    before = trained_weights(build_network(recipe)[1])
    low_rank, rest = reduce_changes(before, trained_weights(network), recipe.rank)
    form = {
        "name": recipe.name,
        "encoder": recipe.encoder,
        "rank": recipe.rank,
        "max_tokens": recipe.max_tokens,
        "max_words": recipe.max_words,
        "labels": list(STANCES),
        "recipe": recipe.model_dump(mode="json"),
    }
    save_adapter(destination, form, low_rank, rest, Calibration())
    calibrate(destination, recipe, split)
    return measure(destination, recipe, split)


def calibrate(destination: Path, recipe: RecipeSettings, split: Split) -> None:
    """Fits the calibration of the adapter on held-out rows and writes it into its folder.

    The temperature comes from up to 300 rows of every set; the configured targets from half of the held-out posts
    of our own corpus and of our labels of real news.
    """
    chosen = [row for rows in split.dev.values() for row in _calibrating(rows)]
    logits = held_out_logits(destination, recipe, chosen)
    labels = np.array([row.label for row in chosen], dtype=np.int64)
    save_calibration(destination, fit(logits, labels, [r.target_id for r in chosen], [_tongue(r) for r in chosen]))


def measure(destination: Path, recipe: RecipeSettings, split: Split) -> list[Figure]:
    """Figures of the adapter on the held-out part of every set that has one, at most 2,000 rows of each.

    Rows that the calibration was fitted on are left out.
    """
    model = StanceModel(str(destination), recipe.encoder)
    classes = {form.name: [STANCES.index(c) for c in STANCES if c in form.classes] for form in recipe.sets}
    figures = []
    for name, rows in split.dev.items():
        fitted = {id(row) for row in _calibrating(rows)}
        rows = [row for row in rows if id(row) not in fitted][:MOST_ROWS]
        if not rows:
            continue
        p = model.predict([_query(row) for row in rows])
        truth: Labels = np.array([row.label for row in rows], dtype=np.int64)
        figures.append(figure(name, truth, p, classes.get(name, [0, 1, 2])))
    return figures


def held_out_logits(destination: Path, recipe: RecipeSettings, rows: list[Example]) -> Array:
    """Logits of the adapter for these rows, before calibration."""
    return StanceModel(str(destination), recipe.encoder).logits([_query(row) for row in rows])


def _query(row: Example) -> Query:
    return Query(row.target, row.text, row.target_id, _tongue(row))


def _tongue(row: Example) -> str:
    return "mixed" if row.language == "mix" else row.language


def _calibrating(rows: list[Example]) -> list[Example]:
    """Those of a set's held-out rows that the calibration is fitted on."""
    chosen = [row for row in rows if calibrates(row.id)]
    return [row for row in chosen if row.target_id] or chosen[:_ROWS_FOR_TEMPERATURE]
