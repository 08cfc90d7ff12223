"""The rows of `pikir sources`."""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy.engine import Connection

from storage.coverage import coverage_frame
from storage.rejected import rejected
from storage.sources import sources

SOURCE_COLUMNS = ["source", "kind", "language", "region", "posts", "first", "last", "empty_days", "rejected", "title"]


def source_rows(c: Connection) -> list[dict[str, Any]]:
    """One row a source: what was collected, from when to when, on how many days nothing, what was set aside."""
    by_source = (
        coverage_frame(c)
        .group_by("source")
        .agg(
            pl.col("posts").sum(),
            first=pl.col("day").min(),
            last=pl.col("day").max(),
            empty_days=(pl.col("status") == "empty").sum(),
        )
    )
    counted = {row["source"]: row for row in by_source.iter_rows(named=True)}
    nothing = {"posts": 0, "first": None, "last": None, "empty_days": 0}
    return [
        {
            "source": source.source,
            "kind": source.kind,
            "language": source.language,
            "region": source.region,
            "title": source.title,
            **{name: counted.get(source.source, nothing)[name] for name in nothing},
            "rejected": len(rejected(c, source.source)),
        }
        for source in sources(c)
    ]
