"""The model without labels of the period, and the other methods' answers to the same question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.shares.adjusted_count import adjusted_count
from analysis.shares.audit import Audited
from analysis.shares.authors import Authors, Floats
from analysis.shares.calibration_sample import CalibrationSample, Likelihood
from analysis.shares.classify_and_count import hard_means
from analysis.shares.drift import Drift, measure_drift
from analysis.shares.emq import Prior, shifted
from storage.records import Among

EVEN = Prior((1 / 3, 1 / 3, 1 / 3))


@dataclass(frozen=True, slots=True)
class Model:
    """What is known of the classifier beside the posts: its likelihoods, and the labels they were fitted on."""

    likelihood: Likelihood | None = None
    sample: CalibrationSample | None = None

    @property
    def method(self) -> str:
        """The best estimate without labels of the period: emq where something is known, else pcc."""
        return "pcc" if self.likelihood is None else "emq"

    def drift(self, audit: Audited, among: Among) -> Drift | None:
        """The labels of the period against this model."""
        return measure_drift(audit, self.likelihood, among)


def cross_checks(
    authors: Authors, audit: Audited | None, model: Model, among: Among, leave_out: set[str]
) -> dict[str, float]:
    """The share against by labels alone, emq, acc, pacc, pcc and cc, as far as the input allows, except `leave_out`.

    Methods without a number are left out. They have no interval: they are there to be looked at beside the estimate.
    """
    found: dict[str, Callable[[], Floats]] = {}
    if audit is not None:
        found["labels"] = lambda: audit.weights @ audit.labels
    if (likelihood := model.likelihood) is not None:
        found["emq"] = lambda: shifted(authors, likelihood).shares
    if (sample := model.sample) is not None:
        found["acc"] = lambda: adjusted_count(authors, sample, soft=False)
        found["pacc"] = lambda: adjusted_count(authors, sample, soft=True)
    found["pcc"] = lambda: authors.parts @ authors.means
    found["cc"] = lambda: authors.parts @ hard_means(authors)
    told = {name: _share(shares(), among) for name, shares in found.items() if name not in leave_out}
    return {name: share for name, share in told.items() if share is not None}


def _share(shares: Floats, among: Among) -> float | None:
    base = float(np.sum(shares)) if among == "all" else float(shares[0] + shares[2])
    return float(shares[0]) / base if base > 1e-9 else None
