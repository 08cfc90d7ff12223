"""A monitor that is two weeks ahead is found there; placebos are not; few polls are insufficient."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.polls import lead_lag


def test_the_lag_is_found_and_placebos_do_not_reach_it() -> None:
    draw = np.random.default_rng(3)
    opinion = 0.4 + np.cumsum(draw.normal(0, 0.02, 202))
    monitor, poll = opinion[2:], np.full(200, np.nan)
    poll[::4] = opinion[:-2][::4]
    placebos = [0.4 + np.cumsum(draw.normal(0, 0.02, 200)) for _ in range(19)]
    found = {one.lag: one for one in lead_lag(monitor, poll, range(-4, 5), placebos, draws=200)}
    assert max(found, key=lambda lag: found[lag].correlation or -1) == 2
    assert found[2].correlation == pytest.approx(1)
    assert found[2].p_placebo == pytest.approx(1 / 20)


def test_below_three_polls_nothing_is_told() -> None:
    poll = np.array([0.3, np.nan, 0.4, np.nan])
    (found,) = lead_lag(np.array([0.2, 0.3, 0.4, 0.5]), poll, [0])
    assert found.correlation is None
    assert "insufficient" in found.reason


def test_series_of_other_calendars_are_refused() -> None:
    with pytest.raises(ValueError, match="calendar"):
        lead_lag(np.zeros(3), np.zeros(4), [0])
