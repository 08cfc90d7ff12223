"""The scoring of the Numenta Anomaly Benchmark, written from Lavin & Ahmad (2015), "Evaluating real-time anomaly
detection algorithms", and the reading of its series and windows."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.spikes.counts import Floats

Alarms = npt.NDArray[np.bool_]
Judge = Callable[[Floats, float], Alarms]
PROFILES = {"standard": 0.11, "low_fp": 0.22}
_PROBATION, _PROBATION_ROWS = 0.15, 750


@dataclass(frozen=True, slots=True)
class Labelled:
    """A series with its labelled windows: row numbers, both ends inclusive. `probation`: the first rows, unscored."""

    name: str
    value: Floats
    windows: tuple[tuple[int, int], ...]
    step_seconds: float

    @property
    def probation(self) -> int:
        """15% of the rows, 750 at most."""
        return int(min(_PROBATION * self.value.size, _PROBATION_ROWS))

    @property
    def months(self) -> float:
        """Scored length in months of 30 days."""
        return (self.value.size - self.probation) * self.step_seconds / (30 * 86400)


def read_labelled(folder: Path) -> list[Labelled]:
    """Every series that windows.json names and that lies in the folder (CSV, or CSV in gzip), ordered by name."""
    windows = json.loads((folder / "windows.json").read_text())
    series = []
    for name, spans in sorted(windows.items()):
        path = next((file for file in (folder / name, folder / f"{name}.gz") if file.exists()), None)
        if path is not None:
            series.append(_labelled(name, path, spans))
    return series


def _labelled(name: str, path: Path, spans: Sequence[Sequence[str]]) -> Labelled:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    frame = pl.read_csv(io.BytesIO(raw)).with_columns(pl.col("timestamp").str.to_datetime("%Y-%m-%d %H:%M:%S"))
    times = frame["timestamp"].to_numpy()
    ends = [[np.datetime64(end) for end in span] for span in spans]
    # Times may repeat or run backwards where clocks were set: a window holds what lies between its first and last row.
    found = [np.flatnonzero((times >= first) & (times <= last)) for first, last in ends]
    step = float(np.median(np.diff(times) / np.timedelta64(1, "s")))
    value = frame["value"].cast(pl.Float64).to_numpy()
    return Labelled(name, value, tuple((int(rows[0]), int(rows[-1])) for rows in found if rows.size), step)


def sigmoid(position: Floats) -> Floats:
    """What a detection is worth at this place: about 1 at a window's start (-1), 0 at its end, -1 far behind (3)."""
    scaled = 2 / (1 + np.exp(5 * np.minimum(position, 3.0))) - 1
    return np.where(position > 3, -1.0, scaled)


def raw_score(series: Labelled, alarms: Alarms, false_positive: float) -> float:
    """The summed score of one series: the first alarm in each window, minus windows missed and false alarms."""
    at = np.flatnonzero(alarms)
    at = at[at >= series.probation]
    outside = np.ones(at.size, dtype=bool)
    score = 0.0
    best = float(sigmoid(np.array(-1.0)))
    for first, last in series.windows:
        inside = (at >= first) & (at <= last)
        outside &= ~inside
        if not inside.any():
            score -= 1.0
            continue
        position = -(last - at[inside][0] + 1) / (last - first + 1)
        score += float(sigmoid(np.array(position))) / best
    return score + false_positive * float(_false_alarms(series, at[outside]).sum())


def _false_alarms(series: Labelled, at: npt.NDArray[np.int64]) -> Floats:
    """-1 for each alarm outside, less just behind a window."""
    worth = np.full(at.size, -1.0)
    for first, last in series.windows:
        behind = at > last
        worth[behind] = sigmoid((at[behind] - last) / (last - first))
    return worth


def normalised(score: float, windows: int) -> float:
    """0 for a detector that never speaks, 100 for one that speaks at the start of every window and nowhere else."""
    return 100 * (score + windows) / (2 * windows)


def caught(series: Labelled, alarms: Alarms) -> tuple[int, int]:
    """Windows with an alarm in them, and alarms outside."""
    at = np.flatnonzero(alarms)
    at = at[at >= series.probation]
    inside = [(at >= first) & (at <= last) for first, last in series.windows]
    outside = at.size - int(np.any(inside, axis=0).sum()) if inside else at.size
    return sum(bool(found.any()) for found in inside), outside


def leave_one_out(table: Floats) -> npt.NDArray[np.int64]:
    """For each series the column (threshold) that is best on the sum of all the others; `table` is series x column."""
    others = table.sum(axis=0)[None, :] - table
    return np.asarray(others.argmax(axis=1), dtype=np.int64)
