"""How often intervals hold the truth on simulated chatter."""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from analysis.shares import Prior, estimate
from analysis.simulation.labelling import Design, draw_calibration, draw_labels
from analysis.simulation.population import Population, simulate
from storage.records import Among

Method = Literal["pcc", "ppi++", "emq", "cc"]


def coverage(
    population: Population,
    *,
    method: Method = "pcc",
    among: Among = "opinionated",
    repetitions: int = 300,
    n_labels: int = 200,
    n_calibration: int | None = None,
    design: Design = "equal",
    seed: int = 0,
) -> dict[str, float]:
    """How often the 95% interval of the share against holds the truth, over `repetitions` samples.

    `n_calibration`: labels that emq is calibrated on, drawn anew each time; None takes the classifier's prevalence as
    known. Returns `coverage` with its Monte-Carlo standard error `coverage_error`, `bias`, `mae` with `mae_error`, and
    mean `width`, all as fractions, and `told`: the part of the samples that gave a number at all.
    """
    found = []
    truth = population.truth(among)
    for repetition in range(repetitions):
        rng = np.random.default_rng([seed, repetition])
        posts = simulate(population, rng)
        labels = draw_labels(posts, n_labels, rng, design=design) if method == "ppi++" else None
        prior, calibration = _known(population, method, n_calibration, rng)
        told = estimate(
            posts, labels, method=method, among=among, seed=repetition, prior=prior, calibration=calibration
        ).shares["against"]
        if told.share is not None and told.low is not None and told.high is not None:
            found.append((told.share - truth, told.high - told.low, told.low <= truth <= told.high))
    return summary(np.array(found, dtype=np.float64).reshape(-1, 3), repetitions)


def _known(
    population: Population, method: Method, n_calibration: int | None, rng: np.random.Generator
) -> tuple[Prior | None, pl.DataFrame | None]:
    if method != "emq":
        return None, None
    if n_calibration is None:
        return Prior(population.trained_on or population.prevalence), None
    return None, draw_calibration(population, n_calibration, rng)


def summary(found: np.ndarray[tuple[int, int], np.dtype[np.float64]], repetitions: int) -> dict[str, float]:
    """The figures of rows (error, width, whether the interval held), NaN where there is none."""
    if not found.size:
        return {name: float("nan") for name in ("coverage", "coverage_error", "bias", "mae", "mae_error", "width")} | {
            "told": 0.0
        }
    error, width, held = found.T
    rate, n = float(held.mean()), len(held)
    return {
        "coverage": rate,
        "coverage_error": float(np.sqrt(rate * (1 - rate) / n)),
        "bias": float(error.mean()),
        "mae": float(np.abs(error).mean()),
        "mae_error": float(np.abs(error).std() / np.sqrt(n)),
        "width": float(width.mean()),
        "told": n / repetitions,
    }
