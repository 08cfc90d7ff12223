"""`pikir trends --smooth` and `--since`: levels behind noisy periods, and whether they rose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from analysis.trends import Smoothing, changes, smooth_shares
from configs.settings import EventSettings
from pikir.cli.output import InputError
from storage.records import Period

SMOOTH_COLUMNS = ["smoothed", "smoothed_low", "smoothed_high", "step"]
CHANGE_COLUMNS = [
    "target", "group", "stance", "since", "until", "before", "after", "change", "low", "high", "p_rise",
]  # fmt: skip
_BACK = {"week": dt.timedelta(days=7), "month": dt.timedelta(days=28)}


def smoothed(frame: pl.DataFrame, by: Period, confidence: float) -> tuple[pl.DataFrame, list[Smoothing]]:
    """The frame with the columns of `SMOOTH_COLUMNS`, in its own order, and the levels."""
    told, levels = smooth_shares(frame.with_row_index("_row"), by, confidence)
    return told.sort("_row").drop("_row"), levels


def moment(text: str, events: Sequence[EventSettings], levels: Sequence[Smoothing]) -> dt.date:
    """The day that --since means: a date, words of an event, or week or month.

    `week` and `month` are seven and 28 days before the end of the last whole period that any series has.
    """
    wanted = text.strip().lower()
    if wanted in _BACK:
        return max((one.over for one in levels), default=dt.date.today()) - _BACK[wanted]
    try:
        return dt.date.fromisoformat(wanted)
    except ValueError:
        pass
    found = [event for event in events if wanted in event.name.lower()]
    if len(found) == 1:
        return found[0].date
    known = "; ".join(f"{event.date} {event.name}" for event in (found or events))
    raise InputError(
        f"--since {text!r}: give a date (2022-09-21), week, month, or words that only one event of events.yaml has"
        + (f": {known}" if known else "")
    )


def change_rows(levels: Sequence[Smoothing], since: dt.date, confidence: float) -> list[dict[str, Any]]:
    """One row for each series, with the columns of `CHANGE_COLUMNS`."""
    rows = []
    for change in changes(levels, since, confidence):
        row = asdict(change)
        row["group"] = f"{row['group']}={row['value']}" if row["value"] else row["group"]
        rows.append({name: row[name] for name in CHANGE_COLUMNS})
    return rows
