"""What every detector answers for each step of a series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.spikes.counts import Floats


@dataclass(frozen=True, slots=True)
class Bounds:
    """Counts (not rates) for each step, NaN where the history is too short to say.

    `expected`: the count that the past predicts. `upper`: the largest count that is no alarm.
    `score`: how far out the count lies, in the detector's own unit, 0 at the expectation.
    `p_value`: chance of such a count or a larger one if nothing has changed (NaN: not judged).
    `alarm`: given where an alarm is more than a count above `upper` (a refractory period, a fall).
    """

    expected: Floats
    upper: Floats
    score: Floats
    p_value: Floats
    alarm: npt.NDArray[np.bool_] | None = None

    @classmethod
    def unknown(cls, size: int) -> Bounds:
        """Bounds of which nothing is known yet."""
        return cls(np.full(size, np.nan), np.full(size, np.nan), np.full(size, np.nan), np.full(size, np.nan))
