"""Many histories at once: opinion that moves, polls now and then, and a monitor that hears other people than they do.

Unlike `history`, a poll has the errors that the comparison with polls assumes (sampling, a design effect, and a
non-sampling error of which one half stays from poll to poll), and the monitor is a count of people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

Floats = npt.NDArray[np.float64]
_CLIP = 0.002


@dataclass(frozen=True, slots=True)
class Setting:
    """What histories are drawn from; spreads on the logit scale by week.

    `start`: share in the first week. `step`: spread of a week's change of opinion; `shock`: that of one sudden change
    in an unknown week. `house`: spread of the monitor's offset; `drift`: of the offset's change in a week. `people`:
    effective people behind a week of the monitor, from and to; `missing`: part of the weeks without any. `every`: weeks
    between polls, from and to. `respondents`, `design_effect`, `nonsampling` (a fraction), `persistent` (the part of
    its variance that all polls of a history share): the polls' errors.
    """

    name: str
    weeks: int = 104
    start: float = 0.35
    step: float = 0.06
    shock: float = 0.0
    house: float = 0.4
    drift: float = 0.0
    people: tuple[int, int] = (40, 300)
    missing: float = 0.1
    every: tuple[int, int] = (8, 14)
    respondents: int = 1000
    design_effect: float = 1.5
    nonsampling: float = 0.035
    persistent: float = 0.5


@dataclass(frozen=True, slots=True)
class Histories:
    """Arrays (weeks, histories): the share of people as it is, that among the monitor's people, and what is seen.

    `counted` of `people` is what the monitor sees in a week, `people` 0 where nothing was collected; `poll` is NaN in
    weeks without one. `common` (histories,): the error that all polls of a history share, as a fraction.
    """

    truth: Floats
    heard: Floats
    counted: Floats
    people: Floats
    poll: Floats
    common: Floats


def draw_histories(setting: Setting, repetitions: int, rng: np.random.Generator) -> Histories:
    """`repetitions` histories of one setting. The same generator state gives the same histories."""
    shape = (setting.weeks, repetitions)
    walk = logit(setting.start) + np.cumsum(rng.normal(0, setting.step, shape), axis=0)
    after = np.arange(setting.weeks)[:, None] >= rng.integers(20, setting.weeks - 10, repetitions)
    walk = walk + after * rng.normal(0, setting.shock, repetitions)
    offset = rng.normal(0, setting.house, repetitions) + np.cumsum(rng.normal(0, setting.drift, shape), axis=0)
    truth, heard = expit(walk), expit(walk + offset)
    people = rng.integers(*setting.people, shape, endpoint=True) * (rng.random(shape) >= setting.missing)
    common = rng.normal(0, setting.nonsampling * np.sqrt(setting.persistent), repetitions)
    own = rng.normal(0, setting.nonsampling * np.sqrt(1 - setting.persistent), shape)
    sampling = np.sqrt(setting.design_effect * truth * (1 - truth) / setting.respondents)
    poll = np.clip(truth + common + own + sampling * rng.normal(0, 1, shape), _CLIP, 1 - _CLIP)
    taken = _poll_weeks(setting, repetitions, rng)
    counted = rng.binomial(people, heard).astype(np.float64)
    return Histories(truth, heard, counted, people.astype(np.float64), np.where(taken, poll, np.nan), common)


def _poll_weeks(setting: Setting, repetitions: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    gaps = rng.integers(*setting.every, (setting.weeks, repetitions), endpoint=True)
    weeks = np.cumsum(gaps, axis=0) - gaps[0] + 2
    taken = np.zeros((setting.weeks, repetitions), dtype=np.bool_)
    inside = weeks < setting.weeks
    taken[weeks[inside], np.broadcast_to(np.arange(repetitions), weeks.shape)[inside]] = True
    return taken
