"""Labelled posts that tell how the classifier reads each stance, and the likelihoods that follow from them.

Vector scaling (Guo et al. 2017) by weighted, mildly ridged multinomial regression of the labels on the
log probabilities. What each label moves is kept, so that a bootstrap can resample the labels too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.shares.audit import Audited
from analysis.shares.authors import LEAST_CHANCE, PROBABILITIES, Floats, mean_by_author, require
from analysis.shares.bootstrap import Resampling, resample
from storage.records import STANCES

LEAST_LABELS = 30
LEAST_OF_A_STANCE = 5
# Probabilities come rounded to four decimals: nothing smaller can be told from zero.
_LEAST = 1e-4
_RIDGE = 1.0
_CONTRASTS = np.array([[1.0, 0.0], [-0.5, 1.0], [-0.5, -1.0]])
_ROUNDS = 50


@dataclass(frozen=True)
class CalibrationSample:
    """Labels beside what the classifier said of the same posts.

    `probabilities` (rows, 3); `labels` (rows,) index STANCES; `weights` (rows,) what each stands for,
    mean 1; `author` (rows,) whose posts they are: labels of one author are resampled together.
    """

    probabilities: Floats
    labels: npt.NDArray[np.int64]
    weights: Floats
    author: npt.NDArray[np.int64]

    @classmethod
    def of(cls, audit: Audited) -> CalibrationSample:
        """The labels of an audit, as a sample that tells how the same classifier reads other posts."""
        weights = audit.weights * audit.place.size
        return cls(
            audit.predictions, audit.labels.argmax(axis=1), weights, np.unique(audit.author, return_inverse=True)[1]
        )

    @property
    def size(self) -> int:
        """How many labels."""
        return int(self.labels.size)

    @property
    def lacks(self) -> str:
        """Why it cannot calibrate, "" where it can: at least 30 labels, and five of each stance."""
        seen = np.bincount(self.labels, minlength=3)
        if self.size < LEAST_LABELS:
            return f"{self.size} calibration labels: at least {LEAST_LABELS} are needed"
        few = [f"{seen[k]} {stance}" for k, stance in enumerate(STANCES) if seen[k] < LEAST_OF_A_STANCE]
        return f"calibration labels hold {', '.join(few)}: at least {LEAST_OF_A_STANCE} of each stance" if few else ""

    @property
    def prevalence(self) -> Floats:
        """The weighted shares of the labels, each half a label away from zero."""
        seen = np.bincount(self.labels, weights=self.weights, minlength=3) + 0.5
        return np.asarray(seen / seen.sum())


@dataclass(frozen=True)
class Likelihood:
    """log p(post | stance) = `scale` * log probability + `offset`, up to a constant of the post.

    `influence` (labels' authors, 4): what each moves (scale, offset) by; without rows where they are known exactly.
    """

    scale: float
    offset: Floats
    influence: Floats
    _kept: dict[Resampling, Floats] = field(default_factory=dict, compare=False, repr=False)

    def of(self, probabilities: Floats) -> Floats:
        """Likelihoods of posts, (posts, 3), the largest of each post 1."""
        logs = self.scale * np.log(np.maximum(probabilities, _LEAST)) + self.offset
        return np.asarray(np.exp(logs - logs.max(axis=1, keepdims=True)))

    def resampled(self, resampling: Resampling) -> Floats | None:
        """The bootstrap of the calibration labels; the same for every cell that uses them."""
        if not self.influence.size:
            return None
        if resampling not in self._kept:
            self._kept[resampling] = resample(self.influence, resampling)
        return self._kept[resampling]


def read_calibration(frame: pl.DataFrame) -> CalibrationSample:
    """Rows of label, p_against, p_neutral, p_favor and, if there are, author and inclusion_probability.

    Rows without a label, without usable probabilities, or with an inclusion probability outside (0, 1] are left out.
    TypeError and ValueError as in `authors.require`.
    """
    require(frame, ("label",), PROBABILITIES, "calibration labels", maybe=("inclusion_probability",))
    chance = pl.col("inclusion_probability") if "inclusion_probability" in frame.columns else pl.lit(1.0)
    author = pl.col("author") if "author" in frame.columns else pl.lit("")
    rows = frame.select(
        pl.col("label").cast(pl.String).str.strip_chars().str.to_lowercase(),
        *(pl.col(name).cast(pl.Float64, strict=False) for name in PROBABILITIES),
        author.cast(pl.String).fill_null("").alias("author"),
        chance.cast(pl.Float64, strict=False).alias("chance"),
    ).with_row_index("row")
    total = pl.sum_horizontal(PROBABILITIES)
    rows = rows.filter(
        pl.col("label").is_in(STANCES),
        pl.all_horizontal(pl.col(name).is_between(0, 1) for name in PROBABILITIES),
        (total - 1).abs() < 1e-2,
        pl.col("chance").is_between(LEAST_CHANCE, 1),
    ).with_columns([pl.col(name) / total for name in PROBABILITIES])
    own = pl.when(pl.col("author") == "").then(pl.lit("r:") + pl.col("row").cast(pl.String)).otherwise(pl.col("author"))
    rows = rows.with_columns(own.alias("author")).sort("author", "row")
    return CalibrationSample(
        rows.select(PROBABILITIES).to_numpy().astype(np.float64).reshape(-1, 3),
        np.array([STANCES.index(label) for label in rows["label"]], dtype=np.int64),
        (1 / rows["chance"].to_numpy()) / max(float((1 / rows["chance"].to_numpy()).mean()), 1e-300)
        if rows.height
        else np.zeros(0),
        rows["author"].rle_id().cast(pl.Int64).to_numpy(),
    )


def fit(sample: CalibrationSample) -> Likelihood:
    """The likelihoods that a calibration sample tells. ValueError, with the reason, where it `lacks` something."""
    if sample.lacks:
        raise ValueError(sample.lacks)
    logs = np.log(np.maximum(sample.probabilities, _LEAST))
    # Features of row i and stance k: (log probability, contrasts of the biases).
    features = np.concatenate([logs[:, :, None], np.broadcast_to(_CONTRASTS, (sample.size, 3, 2))], axis=2)
    observed = np.eye(3)[sample.labels]
    theta = start = np.array([1.0, 0.0, 0.0])
    for _ in range(_ROUNDS):
        gradient, hessian = _derivatives(features, observed, sample.weights, theta)
        step = np.linalg.solve(hessian + _RIDGE * np.eye(3), gradient.sum(axis=0) - _RIDGE * (theta - start))
        theta = theta + step * min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-10:
            break
    gradient, hessian = _derivatives(features, observed, sample.weights, theta)
    moved = gradient @ np.linalg.inv(hessian + _RIDGE * np.eye(3))
    share = sample.prevalence
    prior = sample.weights[:, None] * (observed - share) / (sample.weights.sum() * share)
    offset = moved[:, 1:] @ _CONTRASTS.T - prior
    influence = np.column_stack([moved[:, :1], offset])
    size = np.bincount(sample.author)
    by_author = mean_by_author(influence, sample.author, size) * size[:, None]
    return Likelihood(float(theta[0]), _CONTRASTS @ theta[1:] - np.log(share), by_author - by_author.mean(axis=0))


def _derivatives(features: Floats, observed: Floats, weights: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Each row's gradient of the log likelihood, (rows, 3), and minus the whole Hessian."""
    logits = features @ theta
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = odds / odds.sum(axis=1, keepdims=True)
    gradient = weights[:, None] * np.einsum("ik,ikf->if", observed - p, features)
    centred = features - np.einsum("ik,ikf->if", p, features)[:, None, :]
    hessian = np.einsum("i,ik,ikf,ikg->fg", weights, p, centred, centred, optimize=True)
    return gradient, hessian
