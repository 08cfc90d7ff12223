"""Two years of opinion with polls now and then, and a monitor that hears other people than the polls do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Course:
    """What a history is drawn from; spreads on the logit scale, errors as fractions.

    `step`: a week's change. `house`: spread of the monitor's constant offset. `monitor_error`: of a week's share.
    `poll_every`: weeks between polls; `poll_error`: their total root mean square error (3.5 points:
    Shirani-Mehr et al. 2018).
    """

    weeks: int = 104
    start: float = 0.35
    step: float = 0.06
    house: float = 0.5
    monitor_error: float = 0.03
    poll_every: int = 8
    poll_error: float = 0.035


@dataclass(frozen=True, slots=True)
class History:
    """By week: the true share, the monitor's, and a poll's (NaN where there is none)."""

    truth: Floats
    monitor: Floats
    poll: Floats


def draw_history(course: Course, rng: np.random.Generator) -> History:
    """One history; the first week has a poll."""
    walk = logit(course.start) + np.cumsum(rng.normal(0, course.step, course.weeks))
    truth = expit(walk)
    heard = expit(walk + rng.normal(0, course.house))
    monitor = np.clip(heard + rng.normal(0, course.monitor_error, course.weeks), 0.005, 0.995)
    poll = np.clip(truth + rng.normal(0, course.poll_error, course.weeks), 0.005, 0.995)
    poll[np.arange(course.weeks) % course.poll_every != 0] = np.nan
    return History(truth, monitor, poll)


def carried_forward(poll: Floats) -> Floats:
    """The last poll's share in every week: what a reader without a monitor has."""
    last = np.maximum.accumulate(np.where(np.isfinite(poll), np.arange(poll.size), 0))
    return np.asarray(poll[last])
