"""A quasi-Poisson regression with log link, by iteratively reweighted least squares (McCullagh & Nelder 1989)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.spikes.counts import Floats

_TOLERANCE = 1e-10
_ITERATIONS = 60


@dataclass(frozen=True, slots=True)
class Fit:
    """`covariance` is unscaled; `leverage` is the diagonal of the hat matrix.

    `dispersion` is Pearson's statistic over the degrees of freedom, `relative_variance` the same of
    the relative residuals (y - mean) / mean: how far single counts scatter on the log scale.
    """

    coefficients: Floats
    covariance: Floats
    dispersion: float
    relative_variance: float
    fitted: Floats
    leverage: Floats


def fit_quasi_poisson(design: Floats, y: Floats, offset: Floats, weights: Floats) -> Fit | None:
    """Fit log E(y) = design @ coefficients + offset with prior `weights`; None where it does not converge.

    The dispersion is Pearson's statistic over the residual degrees of freedom, not bounded below.
    """
    mu = y + 0.1
    deviance = np.inf
    for _ in range(_ITERATIONS):
        working = weights * mu
        response = np.log(mu) - offset + (y - mu) / mu
        gram = design.T @ (design * working[:, None])
        try:
            coefficients: Floats = np.linalg.solve(gram, design.T @ (working * response)).astype(np.float64)
        except np.linalg.LinAlgError:
            return None
        mu = np.asarray(np.exp(np.clip(design @ coefficients + offset, -50, 50)), dtype=np.float64)
        last, deviance = deviance, _deviance(y, mu, weights)
        if abs(deviance - last) < _TOLERANCE * (abs(deviance) + 0.1):
            return _described(design, y, mu, weights, coefficients)
    return None


def _deviance(y: Floats, mu: Floats, weights: Floats) -> float:
    log_ratio = np.log(np.where(y > 0, y, 1.0) / np.where(y > 0, mu, 1.0))
    return float(2 * np.sum(weights * (y * log_ratio - (y - mu))))


def _described(design: Floats, y: Floats, mu: Floats, weights: Floats, coefficients: Floats) -> Fit | None:
    freedom = y.size - coefficients.size
    working = weights * mu
    try:
        covariance: Floats = np.linalg.inv(design.T @ (design * working[:, None])).astype(np.float64)
    except np.linalg.LinAlgError:
        return None
    leverage = working * np.einsum("ij,jk,ik->i", design, covariance, design)
    dispersion = float(np.sum(weights * (y - mu) ** 2 / mu)) / freedom
    relative_variance = float(np.sum(weights * ((y - mu) / mu) ** 2)) / freedom
    return Fit(coefficients, covariance, dispersion, relative_variance, mu, leverage)
