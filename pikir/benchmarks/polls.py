"""`pikir benchmark polls`: how near the monitor comes to opinion between polls, on histories whose truth is known.

On ten dates of the second year the monitor says what it would have said on that date: its smoothed share, less the
house effect learnt from the polls until then. Beside it stands what a reader has without a monitor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from scipy.stats import norm

from analysis.polls import PollError, adjusted_level, house_effect
from analysis.polls.tracking import track
from analysis.simulation.poll_histories import Histories, Setting, draw_histories
from analysis.trends.averaging import WEEKLY_SCALE
from analysis.trends.proportions import level_of_shares

COLUMNS = ["setting", "measure", "method", "value", "error", "wanted", "met"]
Floats = npt.NDArray[np.float64]
SETTINGS = (
    Setting("as usual"),
    Setting("opinion hardly moves", step=0.02),
    Setting("opinion moves fast", step=0.12),
    Setting("a sudden change", step=0.03, shock=0.6),
    Setting("a small monitor", people=(15, 60)),
    Setting("a rare answer", start=0.08),
    Setting("few polls", every=(18, 26)),
    Setting("the house effect drifts", drift=0.03),
)
_ERRORS = PollError()
_WINDOW = 3
_QUANTILE = float(norm.isf(0.025))
_COVERAGE = (0.93, 0.97)
_LAST = "last poll carried forward"
_OURS = "monitor, smoothed and adjusted"


def table(
    repetitions: int, seed: int, say: Callable[[str], None] = lambda _: None, settings: tuple[Setting, ...] = SETTINGS
) -> list[dict[str, Any]]:
    """Rows with the columns of `COLUMNS`, setting by setting; `error` is the Monte-Carlo standard error of `value`."""
    rows: list[dict[str, Any]] = []
    for number, setting in enumerate(settings):
        histories = draw_histories(setting, repetitions, np.random.default_rng([seed, number]))
        rows += [{"setting": setting.name, **row} for row in (*_tracking(histories), *_coverages(histories))]
        say(f"{setting.name}: {repetitions} histories")
    return rows


def figures(repetitions: int, seed: int) -> dict[str, float]:
    """The figures of the usual setting that are pinned: errors beside the last poll's, and coverages."""
    rows = {(row["measure"], row["method"]): row["value"] for row in table(repetitions, seed, settings=SETTINGS[:1])}
    return {
        "tracking_over_last_poll": rows["rmse", _OURS] / rows["rmse", _LAST],
        "tracking_over_raw_monitor": rows["rmse", _OURS] / rows["rmse", "monitor, single weeks"],
        "difference_coverage": rows["coverage", "difference to a poll"],
        "poll_change_coverage": rows["coverage", "difference of changes"],
        "level_coverage": rows["coverage", "smoothed share"],
        "adjusted_coverage": rows["coverage", "adjusted share"],
    }


def _tracking(histories: Histories) -> Iterator[dict[str, Any]]:
    weeks, many = histories.truth.shape
    dates = np.linspace(weeks // 2, weeks - 1, 10).astype(int)
    methods: dict[str, list[Floats]] = {}
    held, joint = [], _joint(histories)
    for date in dates:
        truth = histories.truth[date]
        told, inside = _told(histories, int(date))
        told["polls and monitor in one state-space"] = joint[date]
        for name, share in told.items():
            methods.setdefault(name, []).append((share - truth) ** 2)
        held.append(inside)
    means = {name: np.nanmean(np.stack(squares), axis=0) for name, squares in methods.items()}
    last = float(np.sqrt(means[_LAST].mean()))
    for name, squares in means.items():
        value = float(np.sqrt(squares.mean()))
        error = float(squares.std() / np.sqrt(many) / (2 * value))
        ours = name == _OURS
        wanted, met = (f"< {last:.4f}", "yes" if value < last else "no") if ours else ("", "")
        yield _row("rmse", name, value, error, wanted, met)
    yield _covered("adjusted share", np.stack(held).mean(axis=0), at_most=1.0)


def _told(histories: Histories, date: int) -> tuple[dict[str, Floats], Floats]:
    """What each method says of the share on a date from what was there by then, and whether our interval holds it."""
    until = slice(0, date + 1)
    share, people, poll = (part[until] for part in (_shares(histories), histories.people, histories.poll))
    level = level_of_shares(share, np.fmax(people, 1), WEEKLY_SCALE)
    smoothed = expit(level.mean[-1])
    own = np.sqrt(level.variance[-1]) * smoothed * (1 - smoothed)
    offsets, errors = _differences(histories, until)
    free = np.sqrt(errors**2 - _ERRORS.shared_variance)
    houses = [house_effect(offsets[known, s], free[known, s]) for s, known in enumerate(np.isfinite(offsets).T)]
    adjusted, low, high = np.array(
        [adjusted_level(*one, _ERRORS) for one in zip(smoothed.tolist(), own.tolist(), houses, strict=True)]
    ).T
    last = np.where(np.isfinite(poll), np.arange(date + 1)[:, None], 0).max(axis=0)
    columns = np.arange(poll.shape[1])
    told = {
        _LAST: poll[last, columns],
        "monitor, single weeks": share[
            np.where(np.isfinite(share), np.arange(date + 1)[:, None], 0).max(axis=0), columns
        ],
        "monitor, smoothed": smoothed,
        _OURS: adjusted,
    }
    truth = histories.truth[date]
    return told, ((low <= truth) & (truth <= high)).astype(np.float64)


def _joint(histories: Histories) -> Floats:
    """By week what the joint state-space of polls and monitor says, from what was there by then."""
    share, people, poll = _shares(histories), np.fmax(histories.people, 1), histories.poll
    error = np.sqrt(np.fmax(share * (1 - share), 0.01) / people)
    poll_error = np.sqrt(_ERRORS.design_effect * np.fmax(poll * (1 - poll), 0.01) / 1000 + _ERRORS.nonsampling**2)
    many = range(share.shape[1])
    return np.stack([track(share[:, s], error[:, s], poll[:, s], poll_error[:, s]) for s in many], axis=1)


def _shares(histories: Histories) -> Floats:
    """The monitor's share by week, NaN where nothing was collected."""
    with np.errstate(invalid="ignore"):
        return np.asarray(histories.counted / histories.people)


def _differences(histories: Histories, until: slice) -> tuple[Floats, Floats]:
    """Monitor minus poll and its standard error in each week with a poll, from the field time of three weeks."""
    counted, people = (_windowed(part[until]) for part in (histories.counted, histories.people))
    poll = histories.poll[until]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(people > 0, counted / people, np.nan)
        inside = (counted + 0.5) / (people + 1)
        own = inside * (1 - inside) / people
    variance = own + _ERRORS.design_effect * poll * (1 - poll) / 1000 + _ERRORS.nonsampling**2
    return share - poll, np.where(np.isfinite(share - poll), np.sqrt(variance), np.nan)


def _windowed(part: Floats) -> Floats:
    """Sums over each week and the ones before it in the field."""
    sums = np.cumsum(np.concatenate([np.zeros((_WINDOW, part.shape[1])), part]), axis=0)
    return np.asarray(sums[_WINDOW:] - sums[:-_WINDOW])


def _coverages(histories: Histories) -> Iterator[dict[str, Any]]:
    """Of 95% intervals: the smoothed share, the difference to a poll, and that of changes between two polls."""
    level = level_of_shares(_shares(histories), np.fmax(histories.people, 1), WEEKLY_SCALE)
    reach = _QUANTILE * np.sqrt(level.variance)
    logits = np.log(histories.heard / (1 - histories.heard))
    yield _covered("smoothed share", (np.abs(level.mean - logits) <= reach).mean(axis=0))
    offsets, errors = _differences(histories, slice(None))
    people = _windowed(histories.people)
    with np.errstate(invalid="ignore"):
        heard = _windowed(histories.heard * histories.people) / people
    true = heard - histories.truth
    yield _covered("difference to a poll", _rate(np.abs(offsets - true) <= _QUANTILE * errors, np.isfinite(offsets)))
    held, known = _changes(offsets, errors, true)
    yield _covered("difference of changes", _rate(held, known))


def _changes(offsets: Floats, errors: Floats, true: Floats) -> tuple[Floats, Floats]:
    """For each poll with one before it, whether the interval of the difference of changes holds the true one."""
    held, known = np.zeros_like(offsets), np.zeros_like(offsets)
    for s, there in enumerate(np.isfinite(offsets).T):
        at = np.flatnonzero(there)
        found, truth = np.diff(offsets[at, s]), np.diff(true[at, s])
        variance = errors[at, s] ** 2 - _ERRORS.shared_variance
        spread = np.sqrt(variance[1:] + variance[:-1])
        held[at[1:], s] = np.abs(found - truth) <= _QUANTILE * spread
        known[at[1:], s] = 1
    return held, known


def _rate(held: npt.NDArray[Any], known: npt.NDArray[Any]) -> Floats:
    """The part that holds in each history with any."""
    many = known.sum(axis=0)
    return np.asarray((held * known).sum(axis=0)[many > 0] / many[many > 0])


def _covered(name: str, by_history: Floats, at_most: float = _COVERAGE[1]) -> dict[str, Any]:
    value, error = float(by_history.mean()), float(by_history.std() / np.sqrt(by_history.size))
    low = _COVERAGE[0]
    wanted = f"{low:g}-{at_most:g}" if at_most < 1 else f">= {low:g}"
    return _row("coverage", name, value, error, wanted, "yes" if low <= value <= at_most else "no")


def _row(measure: str, method: str, value: float, error: float, wanted: str, met: str) -> dict[str, Any]:
    return {"measure": measure, "method": method, "value": value, "error": error, "wanted": wanted, "met": met}
