"""How long the series of a year take, and those that one more day touches; opinions are drawn, nothing is read."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from analysis.cells import Group
from analysis.evidence import Evidence, gather_evidence
from analysis.periods import Days
from analysis.series import estimate_series
from storage.records import STANCES, Period

COLUMNS = ("measure", "method", "opinions", "shares", "seconds", "processor_seconds", "wanted", "met")
TARGETS = ("migrants", "russia")
GROUPS: tuple[Group, ...] = ("all", "source", "language")
_ZONE = ZoneInfo("Asia/Almaty")
_FIRST = dt.date(2022, 1, 3)
_DAYS = 364
_LABELS_A_QUARTER = 300


def measure(report: Callable[[str], None], opinions: int = 1_000_000) -> list[dict[str, Any]]:
    """Rows for a year by week, without labels (pcc) and with audits of every third month (ppi++ and emq), and a day.

    `opinions`: a year's, half on each target. Reading and writing the database is not in it.
    """
    frames = {target: _year(opinions // 2, seed) for seed, target in enumerate(TARGETS)}
    report(f"drawn: {opinions:,} opinions")
    evidence = {target: _audited(frame) for target, frame in frames.items()}
    rows = []
    for method, known in (("pcc", dict.fromkeys(TARGETS, Evidence())), ("ppi++ and emq", evidence)):
        rows.append(_timed("a year by week", method, frames, known, ("week",), 60.0))
        report(f"{method}: a year by week in {rows[-1]['seconds']:.1f} s")
        day = {target: _last_month(frame) for target, frame in frames.items()}
        rows.append(_timed("one more day", method, day, known, ("day", "week", "month"), 5.0))
    return rows


def _timed(
    name: str,
    method: str,
    frames: dict[str, pl.DataFrame],
    evidence: dict[str, Evidence],
    periods: tuple[Period, ...],
    limit: float,
) -> dict[str, Any]:
    wall, used = time.perf_counter(), time.process_time()
    shares = 0
    for target, frame in frames.items():
        for by in periods:
            opinions = frame if name != "one more day" else _of_last(frame, by)
            told = estimate_series(
                opinions,
                target=target,
                model="benchmark",
                by=by,
                zone=_ZONE,
                horizon=Days(_FIRST, _FIRST + dt.timedelta(days=_DAYS - 1)),
                groups=GROUPS,
                evidence=evidence[target],
            )
            shares += sum(1 for _ in told)
    seconds = time.perf_counter() - wall
    return {
        "measure": name,
        "method": method,
        "opinions": sum(frame.height for frame in frames.values()),
        "shares": shares,
        "seconds": round(seconds, 2),
        "processor_seconds": round(time.process_time() - used, 2),
        "wanted": f"<= {limit:g} s",
        "met": "yes" if seconds <= limit else "no",
    }


def _year(n: int, seed: int) -> pl.DataFrame:
    """Opinions of a year: ten sources, activity heavy-tailed, one author in twelve writes half of it."""
    rng = np.random.default_rng(seed)
    weight = rng.pareto(1.3, max(n // 12, 1)) + 1
    author = rng.choice(weight.size, size=n, p=weight / weight.sum())
    p = rng.dirichlet([1.2, 1.0, 0.6], n)
    start = dt.datetime.combine(_FIRST, dt.time(), _ZONE).astimezone(dt.UTC)
    return pl.DataFrame(
        {
            "source": pl.Series([f"s{k}" for k in range(10)])[rng.integers(0, 10, n)],
            "native_id": pl.int_range(n, eager=True).cast(pl.String),
            "author": pl.Series(author).cast(pl.String),
            "voice": pl.Series(["person"]).new_from_index(0, n),
            "posted_at": pl.Series(rng.integers(0, _DAYS * 86_400, n) * 1_000_000).cast(pl.Duration("us")) + start,
            "language": pl.Series(["ru", "kk", "mixed"])[rng.integers(0, 3, n)],
            "region": pl.Series([""]).new_from_index(0, n),
            **{f"p_{stance}": p[:, k] for k, stance in enumerate(STANCES)},
        }
    )


def _audited(frame: pl.DataFrame) -> Evidence:
    """Labels that fit the probabilities, of authors drawn in the second month of every quarter."""
    rng = np.random.default_rng(9)
    months = frame.filter(pl.col("posted_at").dt.month().is_in([2, 5, 8, 11]))
    drawn = months[np.sort(rng.permutation(months.height)[: 4 * _LABELS_A_QUARTER])]
    p = drawn.select(f"p_{stance}" for stance in STANCES).to_numpy()
    codes = (rng.random(len(p))[:, None] > np.cumsum(p, axis=1)[:, :2]).sum(axis=1)
    labels = drawn.select("source", "native_id").with_columns(
        label=pl.Series([STANCES[k] for k in codes]), inclusion_probability=pl.lit(drawn.height / months.height)
    )
    return gather_evidence(months, labels, _ZONE)


def _last_month(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("posted_at").dt.convert_time_zone(_ZONE.key).dt.date() >= dt.date(2022, 12, 1))


def _of_last(frame: pl.DataFrame, by: Period) -> pl.DataFrame:
    """The opinions of the last period of this width: what a run after one more day takes up."""
    local = pl.col("posted_at").dt.convert_time_zone(_ZONE.key).dt.date()
    starts = {"day": dt.date(2023, 1, 1), "week": dt.date(2022, 12, 26), "month": dt.date(2022, 12, 1)}
    return frame.filter(local >= starts[by])
