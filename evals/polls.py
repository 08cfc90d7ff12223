"""Simulated coverage beside polls: the interval of the difference, the adjusted level, the smoothed level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from analysis.polls import PollError, house_effect
from analysis.trends import local_level

_QUANTILE = float(norm.isf(0.025))
_SERIES = 2000
_WEEKS = 30


def polls() -> dict[str, float]:
    """Coverage of nominal 95% intervals: the difference from a poll, a next poll from earlier ones, levels, changes."""
    draw = np.random.default_rng(5)
    return {"difference_coverage": _difference(draw), "adjusted_coverage": _adjusted(draw), **_smoother(draw)}


def _difference(draw: np.random.Generator, repetitions: int = 20_000) -> float:
    """Polls of 300 to 3,000 respondents with their design effect and a bias, monitors of 100 to 2,000 authors."""
    form = PollError()
    truth, house = draw.uniform(0.05, 0.95, repetitions), draw.normal(0, 0.1, repetitions)
    monitor = np.clip(truth + house, 0.02, 0.98)
    n, authors = draw.integers(300, 3000, repetitions), draw.integers(100, 2000, repetitions)
    told = draw.binomial(authors, monitor) / authors
    published = draw.binomial((n / form.design_effect).astype(int), truth) / (n / form.design_effect).astype(int)
    published = published + draw.normal(0, form.nonsampling, repetitions)
    inside = np.clip(told, 0.5 / authors, 1 - 0.5 / authors)
    poll = np.array([form.standard_error(share, size) for share, size in zip(published, n, strict=True)])
    error = np.sqrt(inside * (1 - inside) / authors + poll**2)
    return float(np.mean(np.abs(told - published - (monitor - truth)) <= _QUANTILE * error))


def _adjusted(draw: np.random.Generator, repetitions: int = 2000) -> float:
    """Where the next difference falls, told from three to eight earlier ones; house effects of 10 points."""
    inside = 0
    for _ in range(repetitions):
        offset, count = draw.normal(0, 0.1), int(draw.integers(3, 9))
        errors = draw.uniform(0.035, 0.06, count + 1)
        differences = draw.normal(offset, errors)
        mean, sd = house_effect({"one": (differences[:-1].tolist(), errors[:-1].tolist())}, "one")
        inside += abs(differences[-1] - mean) <= _QUANTILE * np.hypot(sd, errors[-1])
    return inside / repetitions


def _smoother(draw: np.random.Generator) -> dict[str, float]:
    """Levels and four-week changes of random walks whose weekly step is itself drawn from the prior; weeks missing."""
    steps = np.abs(draw.normal(0, 0.5, _SERIES))
    level = np.cumsum(draw.normal(0, 1, (_WEEKS, _SERIES)) * steps, axis=0)
    noise = draw.uniform(0.02, 0.3, (_WEEKS, _SERIES))
    y = level + draw.normal(0, np.sqrt(noise))
    y[draw.random(y.shape) < 0.15] = np.nan
    told = local_level(y, noise)
    change, error = told.change(_WEEKS - 5, _WEEKS - 1)
    return {
        "level_coverage": _share(np.abs(told.mean - level), np.sqrt(told.variance)),
        "change_coverage": _share(np.abs(change - (level[-1] - level[-5])), error),
        "level_error_over_raw": float(
            np.sqrt(np.nanmean((told.mean - level)[np.isfinite(y)] ** 2) / np.nanmean((y - level) ** 2))
        ),
    }


def _share(miss: npt.NDArray[np.float64], error: npt.NDArray[np.float64]) -> float:
    return float(np.mean(miss <= _QUANTILE * error))
