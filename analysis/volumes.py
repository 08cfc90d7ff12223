"""Sources that give less than they should: silent days and falls in the number of posts collected a day.

A collector that broke looks like this, and so does a source that was closed; a change of opinion does not.
docs/methods/outages.md has the model and what it was checked on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import nbinom, poisson

Floats = npt.NDArray[np.float64]
BASELINE_DAYS, LEAST_BASELINE = 28, 14
WINDOWS = (1, 2, 3, 5, 7, 14)
LEAST_FALL = 0.5
LEVEL_ERROR = 0.1
LONGEST_OUTAGE = 28
DAYS_A_MONTH = 365.25 / 12
_SCHEMA = {
    "source": pl.String(),
    "day": pl.Date(),
    "posts": pl.Float64(),
    "expected": pl.Float64(),
    "low": pl.Boolean(),
}


@dataclass(slots=True)
class _Source:
    """The days of one source, without holes. `low` is filled in, day by day."""

    posts: Floats
    weekday: npt.NDArray[np.int64]
    expected: Floats
    low: npt.NDArray[np.bool_]
    usual: list[int]
    run: int = 0


def judge_volumes(volumes: pl.DataFrame, *, false_alarms_per_month: float = 0.1) -> pl.DataFrame:
    """Whether each day of each source gave far less than it should: columns source, day, posts, expected, low.

    `volumes` has the columns source, day, posts, one row a day without holes within each source (ValueError
    otherwise). `expected` (null while fewer than 14 usual days are known) is the mean of the source's last 28 usual
    days, by day of the week, lowered where most other sources fell as well (a holiday). `low`: the posts of the last 1,
    2, 3 or 7 days together are at most half of what was expected, and so few have, at a negative binomial with the
    dispersion of those days and a level that may be off by a quarter, a probability that belongs to
    `false_alarms_per_month` over all sources. An outage goes on while a day gives about as little as the days before.
    Low days do not become usual, until four weeks of them are what is usual.

    A source of fewer than about ten posts a day is found after several days, one of fewer than one hardly. It cannot
    tell a collector that broke from people who went away.
    """
    sources = {str(name): _read(str(name), rows) for (name,), rows in _by_source(volumes)}
    if not sources:
        return pl.DataFrame(schema=_SCHEMA)
    tail = false_alarms_per_month / DAYS_A_MONTH / len(sources)
    frame = volumes.select("source", "day", "posts").sort("day", "source")
    place = dict.fromkeys(sources, 0)
    for _, day in frame.group_by("day", maintain_order=True):
        today = {str(name): sources[name] for name in day["source"]}
        for name, source in today.items():
            source.expected[place[name]] = _expected(source, place[name])
        shrunk = _common_fall(today, place)
        for name, source in today.items():
            source.expected[place[name]] *= shrunk[name]
            _judge(source, place[name], tail)
            place[name] += 1
    parts = [
        rows.select("source", "day", posts=pl.col("posts").cast(pl.Float64)).with_columns(
            expected=pl.Series(sources[str(name)].expected).fill_nan(None), low=pl.Series(sources[str(name)].low)
        )
        for (name,), rows in _by_source(volumes)
    ]
    return pl.concat(parts)


def _by_source(volumes: pl.DataFrame) -> list[tuple[tuple[object, ...], pl.DataFrame]]:
    return list(volumes.sort("source", "day").group_by("source", maintain_order=True))


def _read(name: str, rows: pl.DataFrame) -> _Source:
    steps = rows["day"].diff().dt.total_days().drop_nulls()
    if rows["day"].null_count() or (steps != 1).any():
        raise ValueError(f"the days of the source {name!r} have a hole or a repetition; give one row for each day")
    posts = rows["posts"].cast(pl.Float64).to_numpy().copy()
    weekday = rows["day"].dt.weekday().to_numpy().astype(np.int64) - 1
    return _Source(posts, weekday, np.full(posts.size, np.nan), np.zeros(posts.size, dtype=np.bool_), [])


def _expected(source: _Source, day: int) -> float:
    """The mean of the usual days, half by day of the week; at most the weekday's own mean (silent week-ends)."""
    usual = source.usual[-BASELINE_DAYS:]
    if len(usual) < LEAST_BASELINE:
        return float("nan")
    mean = float(source.posts[usual].mean())
    same = [one for one in usual if source.weekday[one] == source.weekday[day]]
    posts = float(source.posts[same].sum())
    shrunk = (posts + 4 * mean) / (len(same) + 4)
    return min(shrunk, posts / len(same)) if len(same) > 1 else shrunk


def _common_fall(today: dict[str, _Source], place: dict[str, int]) -> dict[str, float]:
    """For each source the median ratio of the others' posts to what was expected, where they fell but did not stop."""
    ratios = {
        name: one.posts[place[name]] / one.expected[place[name]]
        for name, one in today.items()
        if one.expected[place[name]] >= 1
    }
    shrunk = dict.fromkeys(today, 1.0)
    for name in today:
        others = [ratio for other, ratio in ratios.items() if other != name]
        if len(others) >= 3 and 0.25 <= (common := float(np.median(others))) < 1:
            shrunk[name] = common
    return shrunk


def _judge(source: _Source, day: int, tail: float) -> None:
    source.low[day] = low = _is_low(source, day, tail)
    source.run = source.run + 1 if low else 0
    if low and source.run > LONGEST_OUTAGE:
        # So long a fall is the new level: its days are the usual ones from here on.
        source.usual, source.run, source.low[day] = list(range(day - LONGEST_OUTAGE, day + 1)), 0, False
    elif not low:
        source.usual.append(day)


def _is_low(source: _Source, day: int, tail: float) -> bool:
    """Whether an outage goes on, or the days since the last one are too few together for one not to have begun."""
    if not source.posts[day] <= LEAST_FALL * source.expected[day]:
        return False
    if source.run:
        run = slice(day - source.run, day)
        level = source.posts[run].sum() / source.expected[run].sum() + LEAST_FALL / 2
        return bool(source.posts[day] <= level * source.expected[day])
    for length in WINDOWS:
        first = day - length + 1
        if first < 0 or source.low[first:day].any() or np.isnan(source.expected[first : day + 1]).any():
            return False
        posts, mean = source.posts[first : day + 1].sum(), source.expected[first : day + 1].sum()
        if posts <= LEAST_FALL * mean and _probability(posts, mean, _dispersion(source)) < tail:
            return True
    return False


def _dispersion(source: _Source) -> float:
    """Pearson's statistic of the usual days over their number, at least 1."""
    usual = source.usual[-BASELINE_DAYS:]
    y, mu = source.posts[usual], source.expected[usual]
    mu = np.where(np.isnan(mu), y.mean(), np.fmax(mu, 0.5))
    return max(1.0, float(np.sum((y - mu) ** 2 / mu)) / max(len(usual) - 1, 1))


def _probability(posts: float, mean: float, dispersion: float) -> float:
    """P(Y <= posts) for a count of this mean and variance dispersion x mean + (level error x mean)^2."""
    variance = dispersion * mean + (LEVEL_ERROR * mean) ** 2
    if variance <= mean * (1 + 1e-9):
        return float(poisson.cdf(posts, mean))
    size = mean**2 / (variance - mean)
    return float(nbinom.cdf(posts, size, size / (size + mean)))
