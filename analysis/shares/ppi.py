"""PPI++ by author: human labels correct the classifier, the classifier steadies the labels.

Angelopoulos, Duchi & Zrnic (2023), arXiv 2311.01453, with unequal inclusion probabilities (Hájek
1971) and variance by author. docs/methods/prediction-powered.md derives the variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.shares.audit import Audited
from analysis.shares.bootstrap import Floats, Resampling
from analysis.shares.interval import StanceShare, student_logit
from analysis.shares.probabilistic_count import insufficient
from storage.records import STANCES, Among, Stance

_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Powered:
    """A prediction-powered share: `power` is the tuned weight of the predictions (lambda of all authors), `influence`
    (authors,) what each author moves the share by; its sum of squares is the variance before small-sample correction.
    `n_base`: the effective number of labelled authors whom the share is taken among (Kish 1965). `freedom`: degrees of
    freedom of the standard error, at least 1.
    """

    share: float
    power: float
    influence: Floats
    standard_error: float
    n_base: float
    freedom: float


def ppi(audit: Audited, among: Among, resampling: Resampling) -> dict[Stance, StanceShare]:
    """Shares by stance, corrected by the labels; valid under any shift of prevalence or wording.

    It needs labels drawn with known probabilities from the authors at hand; with fewer than about
    50 labelled authors, or a stance seen fewer than five times, the interval is only approximate.
    """
    if audit.n_clusters < 2:
        return insufficient(among)
    stances: tuple[Stance, ...] = STANCES if among == "all" else ("against", "favor")
    return {stance: _told(powered(audit, stance, among), audit, resampling) for stance in stances}


def powered(audit: Audited, stance: Stance, among: Among) -> Powered | None:
    """The share of one stance with its power, influence and standard error; None where nobody labelled took a side.

    The share is the root of (top - share * base) averaged over people; the power that minimises its
    variance depends on the share only through these residuals, and a few rounds settle both.
    """
    top = np.eye(3)[STANCES.index(stance)]
    base = np.ones(3) if among == "all" else np.array([1.0, 0.0, 1.0])
    labelled = audit.weights @ audit.labels
    if labelled @ base <= 0:
        return None
    share, power = float(labelled @ top / (labelled @ base)), 1.0
    for _ in range(_ROUNDS):
        power = _power(audit, top - share * base)
        mean = power * (audit.authors.parts @ audit.authors.means) + audit.weights @ (
            audit.labels - power * audit.predictions
        )
        if mean @ base <= 0:
            return None
        share = float(np.clip((mean @ top) / (mean @ base), 0.0, 1.0))
    influence = _influence(audit, top - share * base, power) / float(mean @ base)
    clusters = audit.n_clusters
    error = float(np.sqrt(influence @ influence * clusters / (clusters - 1)))
    inside = audit.by_author(audit.labels @ base)
    n_base = float(inside.sum() ** 2 / (inside @ inside))
    return Powered(share, power, influence, error, n_base, _freedom(influence, share, error, clusters))


def _told(found: Powered | None, audit: Audited, resampling: Resampling) -> StanceShare:
    if found is None:
        return StanceShare.insufficient()
    return student_logit(
        found.share,
        found.standard_error,
        audit.n_clusters,
        resampling.confidence,
        effective=found.n_base,
        freedom=found.freedom,
    )


def _freedom(influence: Floats, share: float, error: float, clusters: int) -> float:
    """Degrees of freedom of the standard error (Satterthwaite 1946), in [1, clusters - 1].

    2 / them is the squared coefficient of variation of the variance. That of yes and no answers around this share is
    known, and the interval's scale makes up for it: only what goes beyond is counted, where few labels weigh much.
    """
    squares = influence**2
    spread = share * (1 - share)
    if spread <= 0 or error <= 0:
        return float(clusters - 1)
    varies = float(squares @ squares) / float(squares.sum()) ** 2 - 1 / clusters
    of_answers = ((1 - 2 * share) * error / spread) ** 2
    return float(max(2 / max(varies - of_answers, 2 / (clusters - 1)), 1.0))


def _influence(audit: Audited, direction: Floats, power: float) -> Floats:
    """What each author adds to the error of the mean of `direction`: by his predictions, and by his labels if any."""
    rest = (audit.labels - power * audit.predictions) @ direction
    authors = audit.authors
    means = authors.means @ direction
    own = audit.by_author(rest - audit.weights @ rest)
    return np.asarray(own + power * authors.parts * (means - authors.parts @ means))


def _power(audit: Audited, direction: Floats) -> float:
    """The power in [0, 1 / unlabelled part] that minimises the variance of the corrected mean.

    It is the regression of the labels' mean on the difference between the labelled and all authors' predictions.
    Where every author has the same chance, the spread of predictions is that of everybody's posts, as in ppi-python.
    """
    authors = audit.authors
    label, prediction, means = audit.labels @ direction, audit.predictions @ direction, authors.means @ direction
    label, prediction = label - audit.weights @ label, prediction - audit.weights @ prediction
    gap = audit.by_author(prediction) - authors.parts * (means - authors.parts @ means)
    gain = float(audit.by_author(label) @ gap)
    cost = audit.spread(direction) if audit.equal else float(gap @ gap)
    if cost <= 1e-12 * max(float(audit.by_author(label) @ audit.by_author(label)), 1e-300):
        return 0.0
    return float(min(max(gain / cost, 0.0), 1 / audit.unlabelled))
