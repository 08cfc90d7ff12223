"""`pikir trends --smooth` and `--since`: levels behind noisy periods, and whether they rose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from analysis.trends import Change, smooth_shares
from storage.records import Period

SMOOTH_COLUMNS = ["smoothed", "smoothed_low", "smoothed_high", "step"]
CHANGE_COLUMNS = [
    "target", "group", "stance", "since", "until", "before", "after", "change", "low", "high", "p_rise", "basis",
]  # fmt: skip


def smoothed(frame: pl.DataFrame, by: Period, confidence: float) -> pl.DataFrame:
    """The frame with the columns of `SMOOTH_COLUMNS`, in its own order."""
    told, _ = smooth_shares(frame.with_row_index("_row"), by, confidence)
    return told.sort("_row").drop("_row")


def change_rows(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """One row for each series, with the columns of `CHANGE_COLUMNS`."""
    rows = []
    for change in changes:
        row = asdict(change)
        row["group"] = f"{row['group']}={row['value']}" if row["value"] else row["group"]
        rows.append({name: row[name] for name in CHANGE_COLUMNS})
    return rows
