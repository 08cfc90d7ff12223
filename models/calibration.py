"""Turns logits into probabilities that mean what they say, by target and language.

Vector scaling (Guo et al. 2017): softmax(logits / T + b), with T and b fitted on rows that the model was
not trained on. A cell with few rows is pulled toward the fit of all rows. The result stops being valid
when the wording or the mix of stances moves away from those rows: that is what audits are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
_PULL = 60.0


@dataclass(frozen=True)
class Scaling:
    """One cell's temperature (> 0) and bias (3 values that sum to 0)."""

    temperature: float = 1.0
    bias: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rows: int = 0


@dataclass(frozen=True)
class Calibration:
    """Scalings by "target/language", "target" and "" (any), tried in that order; "/language" is that of any target."""

    cells: dict[str, Scaling] = field(default_factory=lambda: {"": Scaling()})

    def probabilities(self, logits: Array, targets: Sequence[str], languages: Sequence[str]) -> Array:
        """Rows x 3 probabilities, each row summing to 1. `targets` are configured ids, "" for others."""
        chosen = [self._cell(t, g) for t, g in zip(targets, languages, strict=True)]
        temperature = np.array([cell.temperature for cell in chosen])[:, None]
        bias = np.array([cell.bias for cell in chosen]).reshape(-1, 3)
        return softmax(logits / temperature + bias)

    def _cell(self, target: str, language: str) -> Scaling:
        for key in (f"{target}/{language}", target, ""):
            if key in self.cells:
                return self.cells[key]
        return Scaling()

    def to_json(self) -> dict[str, Any]:
        """A mapping for calibration.json."""
        return {
            key: {
                "temperature": round(cell.temperature, 5),
                "bias": [round(b, 5) for b in cell.bias],
                "rows": cell.rows,
            }
            for key, cell in self.cells.items()
        }

    @classmethod
    def from_json(cls, form: dict[str, Any]) -> Calibration:
        """The calibration that `to_json` wrote. ValueError, naming the cell, where the form is another."""
        if not isinstance(form, dict):
            raise ValueError(f"a calibration is a mapping of cells, found {type(form).__name__}")
        cells = {}
        for key, cell in form.items():
            try:
                temperature, rows = float(cell["temperature"]), int(cell["rows"])
                against, neutral, favor = (float(b) for b in cell["bias"])
            except (TypeError, KeyError, ValueError) as error:
                raise ValueError(f"cell {key!r} needs a temperature, three biases and rows, found {cell}") from error
            if not (temperature > 0 and np.isfinite([temperature, against, neutral, favor]).all()):
                raise ValueError(f"cell {key!r} needs a temperature above 0 and finite biases, found {cell}")
            cells[key] = Scaling(temperature, (against, neutral, favor), rows)
        return cls(cells)


def softmax(logits: Array) -> Array:
    """Row-wise softmax."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Array = shifted / shifted.sum(axis=1, keepdims=True)
    return result


def fit(logits: Array, labels: Labels, targets: Sequence[str], languages: Sequence[str]) -> Calibration:
    """A calibration from held-out rows; `targets` are configured ids, "" for the rows of other targets.

    Any target has a temperature alone, fitted on every row and then on those of each language, so that its most
    probable stance stays what it was. Each configured target, and each of its languages, starts from the coarser fit
    and is pulled to it with the weight of 60 rows.
    """
    root = _fit_cell(logits, labels, Scaling(), pull=1.0, with_bias=False)
    cells = {"": root}
    names = np.array(targets)
    tongues = np.array(languages)
    for tongue in sorted(set(tongues[names == ""].tolist())):
        here = (names == "") & (tongues == tongue)
        cells[f"/{tongue}"] = _fit_cell(logits[here], labels[here], root, _PULL, with_bias=False)
    for target in sorted(set(targets) - {""}):
        chosen = names == target
        cells[target] = _fit_cell(logits[chosen], labels[chosen], root, _PULL)
        for tongue in sorted(set(tongues[chosen].tolist())):
            both = chosen & (tongues == tongue)
            cells[f"{target}/{tongue}"] = _fit_cell(logits[both], labels[both], cells[target], _PULL)
    return Calibration(cells)


def _fit_cell(logits: Array, labels: Labels, start: Scaling, pull: float, with_bias: bool = True) -> Scaling:
    from scipy.optimize import minimize  # only fitting needs it

    prior = np.array([np.log(start.temperature), *start.bias])

    def loss(x: Array) -> float:
        p = softmax(logits / np.exp(x[0]) + x[1:])
        likelihood = -np.log(p[np.arange(len(labels)), labels] + 1e-12).sum()
        return float(likelihood + pull * ((x - prior) ** 2).sum() / 2)

    room = (-4.0, 4.0) if with_bias else (0.0, 0.0)
    best = minimize(loss, prior, method="L-BFGS-B", bounds=[(-2.0, 2.5), room, room, room]).x
    bias = best[1:] - best[1:].mean()
    return Scaling(float(np.exp(best[0])), (float(bias[0]), float(bias[1]), float(bias[2])), len(labels))


def expected_calibration_error(probabilities: Array, labels: Labels, bins: int = 10) -> float:
    """Mean gap between the confidence of the chosen class and its accuracy, over equal-width bins; in [0, 1].

    Naeini et al. (2015). It rests on the chosen class alone and falls with few rows in a bin.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    cell = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = sum(abs(float(confidence[cell == b].sum()) - float(right[cell == b].sum())) for b in range(bins))
    return gap / len(labels)
