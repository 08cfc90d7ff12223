"""What the pages tell of a series: the latest figure, how it moved, and a small line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from analysis.change import changes_since, end_of_whole_periods, latest_changes, moment
from analysis.trends import Change
from configs.settings import Settings
from storage.records import Period, Stance

_STANCES: tuple[Stance, ...] = ("against", "favor")
_WIDTH, _HEIGHT, _WEEKS = 240.0, 48.0, 26


@dataclass(frozen=True, slots=True)
class Figure:
    """The latest whole period of one stance, and how it changed since the period before (None without one).

    `line`, `ribbon`, `last`: points of a small picture of the last `weeks` periods.
    """

    stance: Stance
    period: str
    share: float
    low: float
    high: float
    n_authors: int
    change: Change | None
    line: str
    ribbon: str
    last: tuple[float, float]
    weeks: int


def figures(frame: pl.DataFrame, by: Period, confidence: float) -> list[Figure]:
    """The latest figure of against and in favour; a stance without any published period has none.

    `frame`: one series of `dashboard.selection.series` with every period up to the latest.
    """
    changes = latest_changes(frame.with_columns(model=pl.lit("")), by, confidence)
    moved = {change.stance: change for change in changes}
    made = (_figure(frame, stance, moved.get(stance)) for stance in _STANCES)
    return [figure for figure in made if figure]


def moved_since(frame: pl.DataFrame, by: Period, since: str, settings: Settings) -> list[Change]:
    """How each share of `frame` moved since a date, "week", "month" or words of an event. ValueError for none of them.

    `frame`: as `figures` takes it, of any number of groups.
    """
    frame = frame.with_columns(model=pl.lit(""))
    events = [(one.date, one.name) for one in settings.events]
    day = moment(since, events, end_of_whole_periods(frame, by))
    return list(changes_since(frame, by, day, settings.monitor.estimate.confidence))


def _figure(frame: pl.DataFrame, stance: Stance, change: Change | None) -> Figure | None:
    whole = frame.lazy().filter(pl.col("stance") == stance, pl.col("complete"), pl.col("share").is_not_null())
    rows = whole.sort("starts").tail(_WEEKS).collect().to_dicts()
    if not rows:
        return None
    now = rows[-1]
    line, ribbon, last = _spark(rows)
    figure = (now["period"], now["share"], now["low"], now["high"], now["n_authors"])
    return Figure(stance, *figure, change, line, ribbon, last, len(rows))


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
