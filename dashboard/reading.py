"""What the pages tell of a series: the latest figure, how it moved, and a small line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from analysis.change import probability_of_rise
from storage.records import Stance

_STANCES: tuple[Stance, ...] = ("against", "favor")
_WIDTH, _HEIGHT, _WEEKS = 240.0, 48.0, 26


@dataclass(frozen=True, slots=True)
class Figure:
    """The latest whole period of one stance. `difference` and `p_rise`: since the period before, None without one.

    `line`, `ribbon`, `last`: points of a small picture of the last `weeks` periods.
    """

    stance: Stance
    period: str
    share: float
    low: float
    high: float
    n_authors: int
    difference: float | None
    p_rise: float | None
    line: str
    ribbon: str
    last: tuple[float, float]
    weeks: int


def figures(frame: pl.DataFrame) -> list[Figure]:
    """The latest figure of against and in favour; a stance without any published period has none."""
    return [made for stance in _STANCES if (made := _figure(frame.filter(pl.col("stance") == stance), stance))]


def _figure(one: pl.DataFrame, stance: Stance) -> Figure | None:
    rows = one.filter(pl.col("complete") & pl.col("share").is_not_null()).sort("starts").tail(_WEEKS).to_dicts()
    if not rows:
        return None
    now, before = rows[-1], rows[-2] if len(rows) > 1 else None
    line, ribbon, last = _spark(rows)
    return Figure(
        stance, now["period"], now["share"], now["low"], now["high"], now["n_authors"],
        now["share"] - before["share"] if before else None,
        probability_of_rise(_bounds(now), _bounds(before)) if before else None,
        line, ribbon, last, len(rows),
    )  # fmt: skip


def _bounds(row: dict[str, Any]) -> tuple[float, float, float]:
    return row["share"], row["low"], row["high"]


def _spark(rows: list[dict[str, Any]]) -> tuple[str, str, tuple[float, float]]:
    """The points of a line and of its ribbon in a box of 240 by 48, from zero to the highest bound."""
    top = max(row["high"] for row in rows) or 1.0
    step = (_WIDTH - 8) / max(len(rows) - 1, 1)

    def at(place: int, value: float) -> tuple[float, float]:
        return round(2 + place * step, 1), round(_HEIGHT - 3 - value / top * (_HEIGHT - 6), 1)

    def joined(points: list[tuple[float, float]]) -> str:
        return " ".join(f"{x},{y}" for x, y in points)

    line = [at(i, row["share"]) for i, row in enumerate(rows)]
    upper = [at(i, row["high"]) for i, row in enumerate(rows)]
    lower = [at(i, row["low"]) for i, row in enumerate(rows)]
    return joined(line), joined(upper + lower[::-1]), line[-1]
