"""Simulated daily counts with a known truth: outbreaks in 42 scenarios, and quiet series by the hundred.

After Noufaily et al. (2013), who use 42 combinations of level, dispersion, trend and season of weekly counts; ours are
seven levels and dispersions by six forms, daily, with a weekday pattern and the total of all posts as an offset.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.spikes import detect, select
from analysis.spikes.counts import Floats
from analysis.spikes.daily import DailyOptions, judge_many

LEVELS = ((2.0, 1.1), (5.0, 1.5), (10.0, 1.5), (20.0, 2.0), (50.0, 3.0), (100.0, 5.0), (200.0, 10.0))
FORMS = tuple(product((0.0, 0.2), (0.0, 0.2, 0.4)))
"""Trend a year and amplitude of the yearly season, both on the log scale."""
YEARS_BEFORE = 5
_MONDAY = 18_995
"""2022-01-03 in days since 1970."""
_WEEKDAYS = np.array([1.0, 1.0, 1.05, 1.0, 1.1, 0.8, 0.7])
_TOTAL = 5000.0
_WEEKS = 12
_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Simulated:
    """Series x days: counts, totals, the means that counts were drawn from. `days`: since 1970, from a Monday."""

    days: npt.NDArray[np.int64]
    count: Floats
    total: Floats
    mean: Floats


@dataclass(frozen=True, slots=True)
class Detected:
    """How one detector did: alarms on quiet steps (a share), outbreaks found (a share), median days until an alarm."""

    detector: str
    false_alarms: float
    found: float
    median_delay: float


def simulate(
    series: int, days: int, level: float, dispersion: float, trend: float, season: float, dice: np.random.Generator
) -> Simulated:
    """Negative-binomial counts of variance `dispersion` times the mean; `level` is the mean at a usual total."""
    when = _MONDAY + np.arange(days)
    weekday = _WEEKDAYS[np.arange(days) % 7]
    phase = dice.uniform(0, 2 * np.pi, (series, 1))
    total = dice.poisson(_TOTAL * weekday, (series, days)).astype(np.float64)
    # The trend passes its middle, and with it `level`, at the end: that is where outbreaks are looked for.
    years = (np.arange(days) - days) / 365.25
    mean = level * np.exp(trend * years + season * np.sin(2 * np.pi * years + phase)) * total / _TOTAL
    count = dice.negative_binomial(mean / (dispersion - 1), 1 / dispersion).astype(np.float64)
    return Simulated(when, count, total, mean)


def outbreaks(series: int, seed: int, alpha_daily: float = 0.009, alpha_weekly: float = 0.01) -> list[Detected]:
    """A doubling that lasts the last week of each series, looked for by `daily` day by day and by `farrington`.

    Farrington judges weekly sums, with five years of history: it sees a doubled week at once, when the week is over.
    Both at false alarms of about one in a hundred steps, theirs: a week, ours: a day. The 11 weeks before are quiet.
    """
    dice = np.random.default_rng(seed)
    days = 7 * (YEARS_BEFORE * 52 + 4 + _WEEKS)
    by_day, by_week = [], []
    for (level, dispersion), (trend, season) in product(LEVELS, FORMS):
        made = simulate(series, days, level, dispersion, trend, season, dice)
        made.count[:, -7:] += dice.poisson(made.mean[:, -7:])
        by_day.append(_by_day(made, alpha_daily))
        by_week.append(_by_week(made, alpha_weekly))
    return [_summary("daily", by_day), _summary("farrington, weekly sums", by_week)]


def _by_day(made: Simulated, alpha: float) -> tuple[Floats, Floats]:
    """Alarms by series and step of the quiet weeks, and the days until an alarm (NaN: none) of each outbreak."""
    last = slice(made.days.size - 7 * _WEEKS - DailyOptions().memory, None)
    _, _, p = judge_many(made.days[last], made.count[:, last], made.total[:, last], "counts", DailyOptions(alpha))
    alarms = p <= alpha
    delay = np.where(alarms[:, -7:].any(axis=1), alarms[:, -7:].argmax(axis=1), np.nan)
    return alarms[:, -7 * _WEEKS : -7].astype(np.float64), delay.astype(np.float64)


def _by_week(made: Simulated, alpha: float) -> tuple[Floats, Floats]:
    """The same of weeks. A week is judged when it is over: an alarm comes on its seventh day."""
    weeks = made.days.size // 7
    quiet, delay = [], []
    for count, total in zip(made.count, made.total, strict=True):
        sums = {"count": count.reshape(weeks, 7).sum(axis=1), "total": total.reshape(weeks, 7).sum(axis=1)}
        frame = pl.DataFrame({"week": np.arange(weeks), **sums})
        alarm = detect(frame, "farrington", {"alpha": alpha, "years": YEARS_BEFORE})["alarm"].to_numpy()
        quiet.append(alarm[-_WEEKS:-1])
        delay.append(6.0 if alarm[-1] else np.nan)
    return np.array(quiet, dtype=np.float64), np.array(delay)


def _summary(name: str, scenarios: list[tuple[Floats, Floats]]) -> Detected:
    delays = np.concatenate([delay for _, delay in scenarios])
    found = ~np.isnan(delays)
    return Detected(
        name,
        float(np.mean([quiet.mean() for quiet, _ in scenarios])),
        float(found.mean()),
        float(np.median(delays[found])) if found.any() else float("nan"),
    )


def quiet_alerts(series: int, false_alarms_per_month: float, seed: int) -> float:
    """Alerts a month in a year in which nothing happens, over all series together, after `analysis.spikes.select`."""
    dice = np.random.default_rng(seed)
    memory = DailyOptions().memory
    made = mixture(series, memory + 365, dice)
    expected, _, p = judge_many(made.days, made.count, made.total, "counts", DailyOptions())
    row, day = np.nonzero(~np.isnan(p) & (np.arange(made.days.size) >= memory))
    candidates = pl.DataFrame(
        {
            **{name: pl.repeat(name, row.size, eager=True) for name in ("target", "measure", "group")},
            "value": row,
            "day": made.days[day],
            "observed": made.count[row, day],
            "expected": expected[row, day],
            "p_value": p[row, day],
        }
    )
    verdicts = select(candidates, false_alarms_per_month=false_alarms_per_month)["verdict"]
    return float((verdicts == "alert").sum()) / _MONTHS_A_YEAR


def mixture(series: int, days: int, dice: np.random.Generator) -> Simulated:
    """Series of levels between 3 and 200 posts a day, dispersions between 1.1 and 5, trends and seasons."""
    parts = list(_parts(series, days, dice))
    fields = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("count", "total", "mean")}
    return Simulated(parts[0].days, **fields)


def _parts(series: int, days: int, dice: np.random.Generator) -> Iterator[Simulated]:
    groups = min(series, 50)
    for number in range(groups):
        size = series // groups + (number < series % groups)
        level = float(np.exp(dice.uniform(np.log(3), np.log(200))))
        yield simulate(size, days, level, float(dice.uniform(1.1, 5)), 0.2, float(dice.uniform(0, 0.4)), dice)
