"""The figures behind the gates of polls and trends: how often their intervals hold in simulation."""

from __future__ import annotations

import numpy as np

from analysis.polls import house_effect
from analysis.trends.averaging import local_level
from pikir.benchmarks import polls as benchmark

_SERIES, _WEEKS, _HOUSES = 600, 40, 600
_HISTORIES = 150


def polls() -> dict[str, float]:
    """`smoothed_coverage`, `change_coverage`: of 95% intervals of levels and of changes over 29 weeks, where opinion
    walks by 0.02 to 0.3 logits a week behind weeks with errors of 0.1 to 0.5. `house_coverage`: of the interval of the
    next poll's offset after one to seven polls. `smoothed_over_raw`: error of the level beside that of single weeks.
    The others are those of `pikir benchmark polls`, of its usual setting."""
    dice = np.random.default_rng(11)
    steps = dice.uniform(0.02, 0.3, _SERIES)
    truth = np.cumsum(dice.normal(0, 1, (_WEEKS, _SERIES)) * steps, axis=0)
    noise = dice.uniform(0.1, 0.5, (_WEEKS, _SERIES)) ** 2
    seen = truth + dice.normal(0, 1, truth.shape) * np.sqrt(noise)
    level = local_level(seen, noise)
    change, error = level.change(10, _WEEKS - 1)
    held = np.abs(level.mean - truth) <= 1.96 * np.sqrt(level.variance)
    moved = np.abs(change - (truth[-1] - truth[10])) <= 1.96 * error
    return {
        "smoothed_coverage": float(held.mean()),
        "change_coverage": float(moved.mean()),
        "smoothed_over_raw": float(np.sqrt(((level.mean - truth) ** 2).mean() / ((seen - truth) ** 2).mean())),
        "house_coverage": float(np.mean([_house(dice) for _ in range(_HOUSES)])),
        **benchmark.figures(_HISTORIES, seed=3),
    }


def _house(dice: np.random.Generator) -> bool:
    effect, wander, n = dice.normal(0, 0.1), abs(dice.normal(0, 0.03)), int(dice.integers(1, 8))
    own = effect + dice.normal(0, wander, n + 1)
    seen = own[:-1] + dice.normal(0, 0.04, n)
    low, high = house_effect(seen.tolist(), [0.04] * n).interval(0.95)
    return bool(low <= own[-1] <= high)
