"""Many series at once: which of a day's p-values are alerts, at how many false alarms a month, and one alert a cause.

Benjamini & Hochberg (1995) over every series that was tested on a day; the level follows from the expected number of
false discoveries when nothing happens, q / (1 - q)^2 (Finner & Roters 2002). docs/methods/spikes.md has the rules.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from analysis.spikes.counts import Floats

COLUMNS = ("target", "measure", "group", "value", "day", "observed", "expected", "p_value")
TOTAL = "all"
DAYS_IN_MONTH = 30.4375


def select(
    candidates: pl.DataFrame,
    *,
    false_alarms_per_month: float,
    min_count: float = 0.0,
    days_in_period: float = 1.0,
    merge_measures: bool = True,
) -> pl.DataFrame:
    """Every candidate with its `q_value`, its `verdict` and its `cause`; rows with verdict "alert" are to be told.

    `candidates` has one row for each series and day that was tested, quiet ones too (without them the control is void):
    target, measure, group ("all" is the total; else source, language, region…), value, day (any sortable type),
    observed, expected (posts) and p_value (null: not judged). An optional column `complete` (false: a collector was
    down, see `analysis.volumes`) mutes a row. Other columns are passed through.

    `false_alarms_per_month`: how many false alerts are expected in a month in which nothing happens, over all series
    together. `days_in_period`: days between two values of `day` (7 for weeks). `min_count`: a smaller observed count is
    never an alert, but counts as a test. `merge_measures`: a target's measures share causes.

    `verdict`: alert; explained (significant, by the cause of the alert whose row number in the answer stands in
    `cause`); quiet; small (below min_count); muted; unjudged. `q_value`: the smallest level at which the row would have
    been significant on its day. Rows come back in the order given. ValueError for a missing column or a bad number.

    The control holds for p-values that are valid and independent, or positively dependent, within a day. It promises
    nothing about days on which something real happened beyond the share of false ones among the discoveries.
    """
    missing = [column for column in COLUMNS if column not in candidates.columns]
    if missing:
        raise ValueError(f"candidates lack the columns {', '.join(missing)}; found {candidates.columns}")
    if days_in_period <= 0 or min_count < 0:
        raise ValueError(f"days_in_period={days_in_period}: above 0; min_count={min_count}: at least 0")
    level = daily_level(false_alarms_per_month * days_in_period / DAYS_IN_MONTH)
    frame = _with_tests(candidates, min_count).with_columns(
        q_value=pl.col("_p").map_batches(_adjusted, return_dtype=pl.Float64).over("day")
    )
    frame = frame.with_columns(_significant=(pl.col("q_value") <= level).fill_null(False))
    causes = _causes(frame.filter("_significant"), merge_measures)
    return (
        frame.join(causes, on="_row", how="left")
        .with_columns(verdict=_verdict(min_count))
        .sort("_row")
        .select(*candidates.columns, "q_value", "verdict", "cause")
    )


def daily_level(false_alarms: float) -> float:
    """The level q at which Benjamini-Hochberg expects `false_alarms` (above 0) a period when every series is quiet.

    Solves q / (1 - q)^2 = false_alarms, the limit for many independent series (Finner & Roters 2002); for few series
    it is conservative.
    """
    if not (np.isfinite(false_alarms) and false_alarms > 0):
        raise ValueError(f"false alarms a month: {false_alarms!r}; a number above 0 is needed")
    half = 1 + 1 / (2 * false_alarms)
    return float(half - np.sqrt(half**2 - 1))


def _with_tests(candidates: pl.DataFrame, min_count: float) -> pl.DataFrame:
    """With `_row`, `_complete` and `_p`: the p-value that enters the control, null where there was no test."""
    p = candidates["p_value"].cast(pl.Float64).fill_nan(None)
    if ((p < 0) | (p > 1)).any():
        raise ValueError(f"p_value lies between 0 and 1; found {p.min()!r} … {p.max()!r}")
    complete = pl.col("complete").fill_null(True) if "complete" in candidates.columns else pl.lit(True)
    # A count too small for an alert stays among the tests: leaving it out would let the others pass more easily.
    tested = pl.when(pl.col("observed") < min_count).then(1.0).otherwise(p)
    return (
        candidates.with_row_index("_row")
        .with_columns(_complete=complete)
        .with_columns(_p=pl.when("_complete").then(tested))
    )


def _adjusted(p: pl.Series) -> pl.Series:
    """Benjamini-Hochberg's adjusted p-values of one day; null stays null."""
    told = p.is_not_null().to_numpy()
    values: Floats = p.filter(p.is_not_null()).to_numpy()
    order = np.argsort(values, kind="stable")
    ranked = values[order] * values.size / np.arange(1, values.size + 1)
    adjusted = np.full(p.len(), np.nan)
    adjusted[np.flatnonzero(told)[order]] = np.minimum.accumulate(ranked[::-1])[::-1]
    return pl.Series(adjusted).fill_nan(None)


def _verdict(min_count: float) -> pl.Expr:
    return (
        pl.when(~pl.col("_complete"))
        .then(pl.lit("muted"))
        .when(pl.col("_p").is_null())
        .then(pl.lit("unjudged"))
        .when(pl.col("_significant") & (pl.col("cause") == pl.col("_row")))
        .then(pl.lit("alert"))
        .when("_significant")
        .then(pl.lit("explained"))
        .when(pl.col("observed") < min_count)
        .then(pl.lit("small"))
        .otherwise(pl.lit("quiet"))
    )


def _causes(significant: pl.DataFrame, merge_measures: bool) -> pl.DataFrame:
    """For each significant row (`_row`) the row of the alert that stands for its cause."""
    keys = ["target", "day"] if merge_measures else ["target", "measure", "day"]
    rows, causes = [], []
    for _, day in significant.group_by(keys, maintain_order=True):
        # Totals first, then the least likely: what comes later is explained by what came before, if it can be.
        ordered = day.sort(pl.col("group") != TOTAL, "p_value", "_row")
        alerts: list[dict[str, Any]] = []
        for row in ordered.iter_rows(named=True):
            cause = next((alert for alert in alerts if _explains(alert, row)), None)
            if cause is None:
                alerts.append(cause := row)
            rows.append(row["_row"])
            causes.append(cause["_row"])
    return pl.DataFrame({"_row": rows, "cause": causes}, schema={"_row": pl.UInt32, "cause": pl.UInt32})


def _explains(alert: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether `row` is the alert seen through another series.

    A total explains its parts, and a series its other measures. Values of one grouping (two sources) are different
    posts, hence different causes; two groupings (a source and a language) hold the same posts, and the alert explains
    the row where its excess is at least half of the row's.
    """
    if alert["group"] == TOTAL or (alert["group"], alert["value"]) == (row["group"], row["value"]):
        return True
    if alert["group"] == row["group"] or alert["measure"] != row["measure"]:
        return False
    return bool(alert["observed"] - alert["expected"] >= 0.5 * (row["observed"] - row["expected"]))
