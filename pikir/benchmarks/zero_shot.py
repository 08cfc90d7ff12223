"""`pikir benchmark zero-shot`: a target that training never saw, against the same training with it.

A new target described in `configs/targets/` is read without training. What that costs is measured by
training twice after one small recipe: once without the rows of the targets that it excludes, once with them, and by
testing both on held-out rows of those targets.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from configs.recipes import RecipeSettings
from configs.settings import TargetSettings
from models.stance import Query, StanceModel
from models.training.data import Example, load_split
from models.training.evaluate import Labels, figure
from models.training.make import make_adapter
from models.training.train import Progress

RECIPE = Path(__file__).parent.parent.parent / "configs" / "training" / "open-targets.yaml"
COLUMNS = ("set", "target", "n", "unseen", "unseen_low", "unseen_high", "trained", "majority", "difference")


def table(
    recipe: RecipeSettings,
    data: Path,
    targets: dict[str, TargetSettings],
    folder: Path | None,
    report: Callable[[str, Progress], None],
) -> list[dict[str, Any]]:
    """One line a target: macro-F1 (percent) untrained, with its 95% interval, and trained; n held-out rows.

    `folder` keeps checkpoints and adapters, so that a stopped run goes on; without one they are thrown away.
    """
    with tempfile.TemporaryDirectory() as scratch:
        place = folder or Path(scratch)
        models = {}
        for name, form in (("unseen", recipe), ("trained", _whole(recipe))):
            form = form.model_copy(update={"name": f"{recipe.name}-{name}"})
            adapter = place / form.name
            if not (adapter / "adapter.json").is_file():
                make_adapter(form, data, targets, place / f"{form.name}-checkpoint", adapter, _named(name, report))
            models[name] = StanceModel(str(adapter), recipe.encoder)
        dev = load_split(recipe, data, targets).dev
        return [
            _line(form.name, target, [row for row in dev[form.name] if row.target == target], models)
            for form in recipe.sets
            for target in form.exclude
        ]


def _whole(recipe: RecipeSettings) -> RecipeSettings:
    return recipe.model_copy(update={"sets": tuple(form.model_copy(update={"exclude": ()}) for form in recipe.sets)})


def _named(name: str, report: Callable[[str, Progress], None]) -> Callable[[Progress], None]:
    return lambda progress: report(name, progress)


def _line(name: str, target: str, rows: list[Example], models: dict[str, StanceModel]) -> dict[str, Any]:
    queries = [Query(row.target, row.text, row.target_id, row.language) for row in rows]
    truth: Labels = np.array([row.label for row in rows], dtype=np.int64)
    found = {key: figure(name, truth, model.predict(queries), [0, 1, 2]) for key, model in models.items()}
    unseen, trained = found["unseen"], found["trained"]
    return {
        "set": name,
        "target": target,
        "n": len(rows),
        "unseen": round(100 * unseen.f1, 1),
        "unseen_low": round(100 * unseen.low, 1),
        "unseen_high": round(100 * unseen.high, 1),
        "trained": round(100 * trained.f1, 1),
        "majority": round(100 * unseen.majority, 1),
        "difference": round(100 * (unseen.f1 - trained.f1), 1),
    }
