"""The results as Parquet files with a data dictionary."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from sqlalchemy.engine import Connection

from storage.coverage import coverage_frame
from storage.polls import comparison_frame, poll_change_frame
from storage.shares import share_frame

_MEANING = {
    "share": "share in [0, 1]; null where the group is suppressed",
    "low": "lower bound of the 95% interval", "high": "upper bound of the 95% interval",
    "stance": "against, neutral, favor; or yes for a narrative", "voices": "people, outlets or all",
    "among": "opinionated: those who take a stance; all: all who mention the target",
    "period": "day, ISO week or month in the monitor's time zone", "starts": "first day of it, or of the field dates",
    "n_posts": "posts in the period", "n_authors": "distinct authors in the period",
    "n_eff": "effective number of authors", "deff": "design effect",
    "top_author_share": "part of the posts by the busiest 1% of the authors",
    "near_duplicate_share": "part of the posts that repeat an earlier text of the period",
    "method": "how the share was told: ppi++, emq, pcc or cc; or why it was not",
    "complete": "false where days are still to come",
    "difference": "monitor minus poll, as a share", "p_above": "probability that the monitor is above the poll",
    "model": "version of the model and targets", "gaps": "message ids that are missing",
}  # fmt: skip


def export_results(c: Connection, folder: Path) -> dict[str, int]:
    """Writes trends, comparisons, poll_changes and coverage (.parquet) and dictionary.csv; the rows of each."""
    frames = {
        "trends": share_frame(c, voices=None, among=None),
        "comparisons": comparison_frame(c),
        "poll_changes": poll_change_frame(c),
        "coverage": coverage_frame(c),
    }
    folder.mkdir(parents=True, exist_ok=True)
    dictionary = []
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
        dictionary += [(name, column, str(kind), _MEANING.get(column, "")) for column, kind in frame.schema.items()]
    columns = ["table", "column", "type", "meaning"]
    pl.DataFrame(dictionary, schema=columns, orient="row").write_csv(folder / "dictionary.csv")
    return {name: frame.height for name, frame in frames.items()}
