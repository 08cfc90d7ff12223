"""How many labels bring an interval to a wanted width.

With N authors, n of them labelled, the variance of PPI++ is A + B (1/n - 1/N): A is what is left when everybody is
labelled (the authors are themselves a sample), B the spread of what the labels add to the predictions. A is known
from the labels, B follows from the width at hand. docs/methods/audits.md derives and checks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import polars as pl
from scipy.special import expit, logit, ndtri

from analysis.shares.bootstrap import Floats
from analysis.shares.interval import StanceShare
from storage.records import STANCES, Among, Stance

_CODES = dict(zip(STANCES, range(3), strict=True))


@dataclass(frozen=True, slots=True)
class Power:
    """`needed`: labels in all for the wanted width; None, with the reason, where no number of labels gives it.

    `floor`: the width that is left when every author is labelled. `basis`: labels, or model where there are too few
    labels and the model's own probabilities are taken at their word (a plan, not a finding: it is too hopeful where
    the model errs more than it says).
    """

    needed: int | None
    floor: float
    basis: str
    reason: str = ""


def labels_needed(
    labels: pl.DataFrame, told: StanceShare, n_authors: int, width: float, *, among: Among, stance: Stance = "against"
) -> Power:
    """How many labels in all, drawn as those at hand, bring the interval of `told` to `width` (a fraction).

    `labels`: label, inclusion_probability of at least two authors. `told`: the share that they gave, with its interval
    and standard error. Holds as long as further labels are like those at hand; below about 50 it is a rough guide,
    since the width it starts from is itself estimated. ValueError for a width outside (0, 1) or a share without one.
    """
    if not 0 < width < 1:
        raise ValueError(f"width={width}: give a fraction between 0 and 1, for example 0.08 for 8 points")
    if told.share is None or told.low is None or told.high is None or not told.standard_error:
        raise ValueError("a share without an interval has no width to start from")
    current = told.high - told.low
    n = labels.height
    variance = told.standard_error**2
    least = min(_label_variance(labels, told.share, among, stance) / n_authors, variance)
    floor = current * float(np.sqrt(least / variance))
    if current <= width:
        return Power(n, floor, "labels")
    slope = (variance - least) / max(1 / n - 1 / n_authors, 1e-12)
    return _power((width / current) ** 2 * variance, least, slope, n_authors, floor, width, "labels")


def planned_power(
    probabilities: Floats, n_authors: int, width: float, *, among: Among, confidence: float, stance: Stance = "against"
) -> Power:
    """The same before there are labels, from the authors' mean probabilities, (authors, 3).

    The model's probabilities are taken as calibrated: labels then add the variance of a stance given its probabilities.
    The interval is taken as symmetric on the logit scale. ValueError for a width outside (0, 1).
    """
    if not 0 < width < 1:
        raise ValueError(f"width={width}: give a fraction between 0 and 1, for example 0.08 for 8 points")
    top, base = _directions(among, stance)
    scale = float(probabilities.mean(axis=0) @ base)
    share = float(probabilities.mean(axis=0) @ top) / scale if scale > 0 else 0.0
    if not 0 < share < 1:
        return Power(None, 0.0, "model", "the model reads no opinion, or only one: there is nothing to plan from")
    direction = top - share * base
    inner = probabilities @ direction**2 - (probabilities @ direction) ** 2
    total = float(inner.mean() + (probabilities @ direction).var())
    least, slope = total / scale**2 / n_authors, float(inner.mean()) / scale**2
    quantile = float(ndtri((1 + confidence) / 2))
    floor = _logit_width(share, least, quantile)
    variance = _variance_of_width(share, width, quantile)
    return _power(variance, least, slope, n_authors, floor, width, "model")


def _power(
    variance: float, least: float, slope: float, n_authors: int, floor: float, width: float, basis: str
) -> Power:
    if variance <= least:
        reason = (
            f"{n_authors} authors leave an interval of {floor:.3f} even when all are labelled; a width of {width:g} "
            "takes a longer period or more sources"
        )
        return Power(None, floor, basis, reason)
    if slope <= 0:
        return Power(2, floor, basis)
    return Power(min(n_authors, max(2, ceil(1 / ((variance - least) / slope + 1 / n_authors)))), floor, basis)


def _label_variance(labels: pl.DataFrame, share: float, among: Among, stance: Stance) -> float:
    """Variance of one author's contribution to the share, from labels weighted by 1 / inclusion probability."""
    top, base = _directions(among, stance)
    codes = labels["label"].replace_strict(_CODES, return_dtype=pl.Int64).to_numpy()
    weights = 1 / labels["inclusion_probability"].to_numpy()
    weights = weights / weights.sum()
    scale = float(weights @ base[codes])
    if scale <= 0:
        return 0.0
    residual = top[codes] - share * base[codes]
    return float(weights @ (residual - weights @ residual) ** 2) / scale**2


def _directions(among: Among, stance: Stance) -> tuple[Floats, Floats]:
    top = np.eye(3)[_CODES[stance]]
    return top, np.ones(3) if among == "all" else np.array([1.0, 0.0, 1.0])


def _logit_width(share: float, variance: float, quantile: float) -> float:
    half = quantile * float(np.sqrt(variance)) / (share * (1 - share))
    return float(expit(logit(share) + half) - expit(logit(share) - half))


def _variance_of_width(share: float, width: float, quantile: float) -> float:
    """The variance whose logit interval has this width: the width grows with it, so halving finds it."""
    low, high = 0.0, 0.25
    while _logit_width(share, high, quantile) < width and high < 1e6:
        high *= 4
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _logit_width(share, middle, quantile) < width else (low, middle)
    return high
