"""Fits the narrative head on the finished stance network: a projection, and thresholds chosen by cross-validation.

The network is not touched. A post and a narrative (its description and examples) go through the same projection, and
the cosine between them, times a scale, is the logit of the post voicing it (binary cross-entropy, every narrative
of the target at once). What is learned belongs to no narrative, so that one which was never trained on can be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from configs.settings import TargetSettings
from models.narrative_head import ANY, Matrix, NarrativeHead
from models.narratives import encoded_narratives
from models.stance import StanceModel
from models.training.narrative_data import NarrativeExample

FOLDS = 5
_FEW = 8


@dataclass(frozen=True)
class Fitting:
    """How the projection is fitted: in the space of so many principal axes, into so many dimensions."""

    axes: int = 192
    dimensions: int = 96
    steps: int = 150
    learning_rate: float = 5e-3
    weight_decay: float = 1e-2
    dropout: float = 0.3
    seed: int = 7


@dataclass(frozen=True)
class Column:
    """One narrative of one target, and the encodings (texts x d) of its description and examples."""

    target: str
    name: str
    stance: str
    encodings: Matrix

    @property
    def key(self) -> str:
        """How thresholds are named."""
        return f"{self.target}/{self.name}"


@dataclass(frozen=True)
class Encoded:
    """Rows as the head sees them: encodings (rows x d); voiced and asked (rows x columns) are 0 or 1.

    `asked`: whether the column is a narrative of the row's target. `fits`: and goes with the row's stance.
    """

    encodings: Matrix
    voiced: Matrix
    asked: Matrix
    fits: Matrix

    def of(self, rows: NDArray[np.int64]) -> Encoded:
        """Some of the rows."""
        return Encoded(self.encodings[rows], self.voiced[rows], self.asked[rows], self.fits[rows])

    def of_columns(self, kept: NDArray[np.bool_]) -> Encoded:
        """All rows, with some of the columns."""
        return Encoded(self.encodings, self.voiced[:, kept], self.asked[:, kept], self.fits[:, kept])


def read_columns(targets: Sequence[TargetSettings], model: StanceModel) -> list[Column]:
    """Every narrative of every target, encoded by the model."""
    return [
        Column(target.id, narrative.name, narrative.stance, encodings)
        for target in targets
        for narrative, encodings in zip(target.narratives, encoded_narratives(target, model), strict=True)
    ]


def encode(rows: Sequence[NarrativeExample], columns: Sequence[Column], model: StanceModel | None) -> Encoded:
    """The rows encoded by the model, with their labels in the order of `columns`; without a model the labels alone."""
    encodings = model.read([row.query for row in rows])[1] if model else np.zeros((len(rows), 0), dtype=np.float32)
    asked = np.array([[row.target_id == column.target for column in columns] for row in rows], dtype=np.float32)
    goes = np.array([[column.stance in ("any", row.stance) for column in columns] for row in rows], dtype=np.float32)
    voiced = np.array([[column.name in row.narratives for column in columns] for row in rows], dtype=np.float32)
    return Encoded(encodings, voiced * asked, asked, asked * goes)


def fit_head(rows: Encoded, columns: Sequence[Column], fitting: Fitting = Fitting()) -> NarrativeHead:
    """The projection fitted on all rows, with the thresholds that cross-validation over them chooses.

    That of a narrative which nobody was trained on is chosen over narratives that were left out in turn.
    """
    centre, axes = principal_axes(rows.encodings, fitting.axes)
    rows = replace(rows, encodings=_turned(rows.encodings, centre, axes))
    columns = [replace(column, encodings=_turned(column.encodings, centre, axes)) for column in columns]
    found = np.zeros_like(rows.voiced)
    fold = np.random.default_rng(fitting.seed).permutation(len(rows.encodings)) % FOLDS
    for number in range(FOLDS):
        head = fit_projection(rows.of(np.flatnonzero(fold != number)), columns, fitting)
        left_out = np.flatnonzero(fold == number)
        found[left_out] = cosines(head, rows.encodings[left_out], columns)
    thresholds = choose_thresholds(found, rows, columns)
    thresholds[ANY] = threshold_of_new(rows, columns, fitting)
    return NarrativeHead(centre, axes @ fit_projection(rows, columns, fitting).projection, thresholds)


def _turned(encodings: Matrix, centre: Matrix, axes: Matrix) -> Matrix:
    return np.asarray((encodings - centre) @ axes, dtype=np.float32)


def principal_axes(encodings: Matrix, most: int) -> tuple[Matrix, Matrix]:
    """The mean (d,) and the principal axes (d x at most `most`) of standardised encodings, half whitened.

    An axis is divided by the fourth root of its variance: narratives are not what posts differ by most, but the
    smallest differences are noise.
    """
    centre, spread = encodings.mean(axis=0), encodings.std(axis=0) + 1e-3
    standard = ((encodings - centre) / spread).astype(np.float64)
    variance, vectors = np.linalg.eigh(standard.T @ standard / len(standard))
    kept = [i for i in np.argsort(-variance)[:most] if variance[i] > 1e-6]
    axes = vectors[:, kept] / variance[kept] ** 0.25 / spread[:, None]
    return centre, np.asarray(axes, dtype=np.float32)


def cosines(head: NarrativeHead, encodings: Matrix, columns: Sequence[Column]) -> Matrix:
    """Rows x columns, each in [-1, 1]."""
    places = np.stack([head.prototype(column.encodings) for column in columns])
    return np.asarray(head.project(encodings) @ places.T, dtype=np.float32)


def fit_projection(rows: Encoded, columns: Sequence[Column], fitting: Fitting) -> NarrativeHead:
    """A head over encodings that are reduced and centred already; its only threshold, that of any narrative, is 0."""
    owner = torch.from_numpy(np.repeat(np.arange(len(columns)), [len(column.encodings) for column in columns]))
    posts, texts = torch.from_numpy(rows.encodings), torch.from_numpy(np.concatenate([c.encodings for c in columns]))
    voiced, asked = torch.from_numpy(rows.voiced), torch.from_numpy(rows.asked)
    torch.manual_seed(fitting.seed)
    projection = nn.Linear(posts.shape[1], fitting.dimensions, bias=False)
    nn.init.eye_(projection.weight)
    scale, bias = nn.Parameter(torch.tensor(10.0).log()), nn.Parameter(torch.tensor(-4.0))
    optimizer, schedule = _optimizer(projection, [scale, bias], fitting)
    for _ in range(fitting.steps):
        near = _unit(projection(functional.dropout(posts, fitting.dropout)))
        examples_at = _unit(projection(functional.dropout(texts, fitting.dropout)))
        places = _unit(torch.zeros(len(columns), fitting.dimensions).index_add(0, owner, examples_at))
        logits = scale.exp() * near @ places.T + bias
        loss = functional.binary_cross_entropy_with_logits(logits, voiced, weight=asked, reduction="sum") / asked.sum()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
    zero = np.zeros(posts.shape[1], dtype=np.float32)
    return NarrativeHead(zero, projection.weight.detach().numpy().T, {ANY: 0.0})


def _optimizer(
    projection: nn.Linear, rest: list[nn.Parameter], fitting: Fitting
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    rates = [fitting.learning_rate, 10 * fitting.learning_rate]
    optimizer = torch.optim.AdamW(
        [
            {"params": projection.parameters(), "weight_decay": fitting.weight_decay},
            {"params": rest, "weight_decay": 0.0},
        ],
        lr=fitting.learning_rate,
    )
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=fitting.steps)


def _unit(rows: Tensor) -> Tensor:
    return functional.normalize(rows, dim=1)


def threshold_of_new(rows: Encoded, columns: Sequence[Column], fitting: Fitting) -> float:
    """The cosine that gives the best F1 over narratives, each read by a projection fitted without any of its name.

    With one name alone there is nothing to leave out: it gets the threshold that lets nothing through.
    """
    found = np.zeros_like(rows.voiced)
    names = np.array([column.name for column in columns])
    if len(set(names)) < 2:
        return 1.0
    for name in dict.fromkeys(names):
        head = fit_projection(rows.of_columns(names != name), [c for c in columns if c.name != name], fitting)
        found[:, names == name] = cosines(head, rows.encodings, [c for c in columns if c.name == name])
    fits = rows.fits > 0
    return _best(found[fits], rows.voiced[fits], _grid(found[fits]))


def choose_thresholds(found: Matrix, rows: Encoded, columns: Sequence[Column]) -> dict[str, float]:
    """The scores that give the best F1, by narrative; one voiced by fewer than 8 rows takes the best for all together.

    Judged where they are used: on narratives that go with the row's stance. The F1 of neighbouring cosines is averaged,
    so that a lucky one does not win.
    """
    fits = rows.fits > 0
    grid = _grid(found[fits])
    common = _best(found[fits], rows.voiced[fits], grid)
    thresholds = {}
    for number, column in enumerate(columns):
        here = fits[:, number]
        truth = rows.voiced[here, number]
        thresholds[column.key] = _best(found[here, number], truth, grid) if truth.sum() >= _FEW else common
    return thresholds


def _grid(found: Matrix) -> NDArray[np.floating]:
    return np.quantile(found, np.linspace(0.3, 0.999, 150))


def _best(found: Matrix, truth: Matrix, grid: NDArray[np.floating]) -> float:
    scores = [f1(truth, found >= limit) for limit in grid]
    smooth = np.convolve(np.pad(scores, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    return float(grid[int(np.argmax(smooth))])


def f1(truth: NDArray[np.floating], guess: NDArray[np.bool_] | NDArray[np.floating]) -> float:
    """F1 of yes over 0/1 values; 0 where neither says yes."""
    hit, named = float((truth * guess).sum()), float(truth.sum() + guess.sum())
    return 2 * hit / named if named else 0.0
