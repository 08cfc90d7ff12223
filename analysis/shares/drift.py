"""The drift alarm: whether what the model says alone still agrees with what the labels say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from analysis.shares.audit import Audited
from analysis.shares.authors import Floats
from analysis.shares.bootstrap import Other
from analysis.shares.ppi import powered
from storage.records import Among

LEVEL = 0.05
LEAST_AUTHORS = 20


@dataclass(frozen=True, slots=True)
class Drift:
    """The share against by labels minus that by the model alone, its joint standard error, and the verdict.

    `model`: the method compared ("emq" or "pcc"), `model_share` its answer. `alarm`: the difference is beyond chance at 5%: the
    classifier no longer reads posts as it did when it was calibrated.
    """

    model: str
    model_share: float
    difference: float
    standard_error: float
    p_value: float

    @property
    def alarm(self) -> bool:
        """Whether the difference is beyond the joint error."""
        return self.p_value < LEVEL

    def __str__(self) -> str:
        return (
            f"the share against by labels lies {100 * self.difference:+.1f} points from that by {self.model} "
            f"(joint standard error {100 * self.standard_error:.1f}, p = {self.p_value:.3f})"
        )


def measure_drift(audit: Audited, means: Floats, among: Among, model: str, other: Other | None = None) -> Drift | None:
    """Compare PPI++ with a share by the model alone; None with fewer than 20 labelled authors or nothing to compare.

    `means` (authors, 3): what each author contributes to the model's share; `other`: the calibration labels it rests
    on. Both estimates come from the same authors: the error of their difference is that of the difference of what each
    author moves them by, so that what they share cancels out.
    """
    found = powered(audit, "against", among) if audit.n_clusters >= LEAST_AUTHORS else None
    parts = audit.authors.parts
    top = parts * means[:, 0]
    base = parts if among == "all" else parts * (means[:, 0] + means[:, 2])
    if found is None or base.sum() <= 0:
        return None
    share = float(top.sum() / base.sum())
    moved = found.influence - (top - share * base) / base.sum()
    variance = float(moved @ moved) * audit.n_clusters / (audit.n_clusters - 1)
    if other is not None:
        direction = np.array([1.0, 0.0, 0.0]) - share * np.array(
            [1.0, 0.0, 1.0] if among == "opinionated" else [1.0] * 3
        )
        gain = direction @ other.gain / base.sum()
        variance += float(gain @ other.drawn.covariance @ gain)
    error = float(np.sqrt(variance))
    difference = found.share - share
    p_value = float(2 * student.sf(abs(difference) / error, audit.n_clusters - 1)) if error > 0 else 1.0
    return Drift(model, share, difference, error, p_value)
