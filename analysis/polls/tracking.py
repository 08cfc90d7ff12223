"""Where opinion stands between polls: polls and the monitor in one state-space.

The state is the share (logit scale, a random walk) and the monitor's house effect (constant): a poll shows the
share, the monitor shows the share plus its house effect, each with its error. Kalman (1960); for polls Jackman (2005),
"Pooling the polls over an election campaign". Only what was published before a week enters its level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

Floats = npt.NDArray[np.float64]
_END = 1e-3


@dataclass(frozen=True, slots=True)
class Tracking:
    """What is taken as known. `step`: standard deviation of a week's change of the share, logit scale (0.05 moves 50%
    by 1.2 points). `house`: that of house effects among monitors; 0.5 on the logit scale is about 12 points at 50%."""

    step: float = 0.05
    house: float = 0.5


def track(
    monitor: Floats, monitor_error: Floats, poll: Floats, poll_error: Floats, form: Tracking | None = None
) -> Floats:
    """The share in each week, (weeks,), from everything up to that week.

    `monitor`, `poll`: shares in (0, 1), NaN where there is none; `monitor_error`, `poll_error`: their standard errors
    as fractions (of a poll: all error, not only that of sampling). NaN until the first poll. Not valid where the
    monitor's house effect moves: changes of it are read as changes of opinion.
    """
    form = form or Tracking()
    state, spread = np.zeros(2), np.diag([100.0, form.house**2])
    level = np.full(monitor.size, np.nan)
    seen = False
    for week in range(monitor.size):
        spread[0, 0] += form.step**2
        for share, error, shows in (
            (poll[week], poll_error[week], np.array([1.0, 0.0])),
            (monitor[week], monitor_error[week], np.array([1.0, 1.0])),
        ):
            if np.isfinite(share):
                state, spread = _updated(state, spread, float(share), float(error), shows)
        seen = seen or bool(np.isfinite(poll[week]))
        if seen:
            level[week] = expit(state[0])
    return level


def _updated(state: Floats, spread: Floats, share: float, error: float, shows: Floats) -> tuple[Floats, Floats]:
    inside = min(max(share, _END), 1 - _END)
    variance = (error / (inside * (1 - inside))) ** 2
    gain = spread @ shows / float(shows @ spread @ shows + variance)
    state = state + gain * (float(logit(inside)) - float(shows @ state))
    return state, spread - np.outer(gain, shows @ spread)
