"""What every detector answers for each step of a series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.spikes.counts import Floats


@dataclass(frozen=True, slots=True)
class Bounds:
    """Counts (not rates) for each step, NaN where the history is too short to say.

    `expected`: the count that the past predicts. `upper`: the largest count that is no alarm.
    `score`: how far out the count lies, in the detector's own unit, 0 at the expectation.
    """

    expected: Floats
    upper: Floats
    score: Floats

    @classmethod
    def unknown(cls, size: int) -> Bounds:
        """Bounds of which nothing is known yet."""
        return cls(np.full(size, np.nan), np.full(size, np.nan), np.full(size, np.nan))
