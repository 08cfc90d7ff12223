"""CSV that is safe to open: a text that a spreadsheet would run as a formula gets an apostrophe before it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> str:
    """CSV with a heading, the columns in the given order; what a row lacks is empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_defused(plain(row.get(name))) for name in columns])
    return buffer.getvalue()


def plain(value: Any) -> Any:
    """Days and instants as ISO text, everything else as it is."""
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else value


def _defused(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
