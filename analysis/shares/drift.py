"""The drift alarm: whether what the model says alone still agrees with what the labels say.

Both answers come from the same authors and the same classifier. Their difference is what the labels correct: the
mean, over the labelled posts, of label minus the model's posterior probability. Its error holds that of the labels,
of the model's shares, which are estimated from all authors, and of the labels the model was calibrated on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from analysis.shares.audit import Audited
from analysis.shares.authors import Floats
from analysis.shares.calibration_sample import Likelihood
from analysis.shares.emq import shifted
from analysis.shares.emq_solution import posterior_slopes
from storage.records import Among

LEVEL = 0.04
LEAST_AUTHORS = 20


@dataclass(frozen=True, slots=True)
class Drift:
    """The share against as the labels correct it, minus that by the model alone.

    `model`: the method compared ("emq" or "pcc"), `model_share` its answer. `standard_error` is that of the
    difference. `p_value`: how likely a difference as large is while the model reads as it did at calibration.
    """

    model: str
    model_share: float
    difference: float
    standard_error: float
    p_value: float

    @property
    def alarm(self) -> bool:
        """Whether the difference is beyond the joint error, at a level that rings falsely in at most 5%."""
        return self.p_value < LEVEL

    def __str__(self) -> str:
        return (
            f"the share against by labels lies {100 * self.difference:+.1f} points from that by {self.model} "
            f"(joint standard error {100 * self.standard_error:.1f}, p = {self.p_value:.3f})"
        )


@dataclass(frozen=True, slots=True)
class _Gap:
    """Labels minus posteriors, (3,); what each author (authors, 3) and each calibration author moves it by."""

    shares: Floats
    gap: Floats
    influence: Floats
    of_calibration: Floats


def measure_drift(audit: Audited, likelihood: Likelihood | None, among: Among) -> Drift | None:
    """Compare the labels with EMQ, or, without a `likelihood`, with the probabilities as they stand (pcc).

    None with fewer than 20 labelled authors, or where the model sees nobody who takes a side. A single test: over
    many periods some alarms are false. It sees bias of the share against, not errors that cancel out in it.
    """
    if audit.n_clusters < LEAST_AUTHORS:
        return None
    found = _of_probabilities(audit) if likelihood is None else _of_emq(audit, likelihood)
    base = np.ones(3) if among == "all" else np.array([1.0, 0.0, 1.0])
    scale = float(found.shares @ base)
    if scale < 1e-6:
        return None
    share = float(found.shares[0]) / scale
    direction = (np.array([1.0, 0.0, 0.0]) - share * base) / scale
    moved, beside = found.influence @ direction, found.of_calibration @ direction
    clusters = audit.n_clusters
    error = float(np.sqrt(moved @ moved * clusters / (clusters - 1) + beside @ beside))
    difference = float(found.gap @ direction)
    p_value = float(2 * stdtr(clusters - 1, -abs(difference) / error)) if error > 0 else 1.0
    return Drift("pcc" if likelihood is None else "emq", share, difference, error, p_value)


def _of_probabilities(audit: Audited) -> _Gap:
    rest = audit.labels - audit.predictions
    shares = audit.authors.parts @ audit.authors.means
    return _Gap(shares, audit.weights @ rest, _by_author(audit, rest), np.zeros((0, 3)))


def _of_emq(audit: Audited, likelihood: Likelihood) -> _Gap:
    found = shifted(audit.authors, likelihood)
    told = likelihood.of(audit.predictions)
    joint = told * found.shares
    posterior = joint / joint.sum(axis=1, keepdims=True)
    by_shares, by_likelihood = posterior_slopes(posterior, told, audit.weights, found.shares, likelihood)
    rest = audit.labels - posterior
    influence = _by_author(audit, rest) - audit.authors.parts[:, None] * found.influence @ by_shares.T
    through = -(by_likelihood + by_shares @ found.gain)
    return _Gap(found.shares, audit.weights @ rest, influence, likelihood.influence @ through.T)


def _by_author(audit: Audited, rest: Floats) -> Floats:
    centred = rest - audit.weights @ rest
    return np.column_stack([audit.by_author(centred[:, k]) for k in range(3)])
