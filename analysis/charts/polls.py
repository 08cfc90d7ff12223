"""The monitor beside each published poll: both shares, and the difference with its interval."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from analysis.charts.theme import GRID, INK, MUTED, STANCE_COLOURS, rows, stance_colour, themed
from analysis.charts.theme import title as heading
from analysis.charts.words import ChartWords

_STEP = 34


def poll_chart(
    comparisons: pl.DataFrame,
    *,
    title: str = "",
    subtitle: str = "",
    width: int | str = 520,
    words: ChartWords | None = None,
) -> Any:
    """A row for each poll and stance: the difference in percentage points as a point with its interval, zero marked.

    `comparisons`: the columns of `Comparison` and label (what a row is called). An insufficient comparison has a label
    in grey and no point.
    """
    told = words or ChartWords()
    frame = comparisons.with_columns(
        ((pl.col(name) * 100).alias(name) for name in ("difference", "low", "high")),
    ).with_columns(
        label=pl.col("label") + " · " + pl.col("stance").replace(told.stances),
        told=pl.col("verdict").replace(told.verdicts),
    )
    # An answer that is no stance (a reason is shared or not) takes the neutral colour.
    known = pl.col("stance").is_in(list(STANCE_COLOURS))
    frame = frame.with_columns(stance=pl.when(known).then("stance").otherwise(pl.lit("neutral")))
    kept = ("label", "stance", "difference", "low", "high", "monitor_share", "poll_share", "told", "verdict", "reason")
    frame = frame.select(name for name in kept if name in frame.columns)
    y = alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=330, grid=False, labelColor=INK))
    base = alt.Chart(rows(frame)).encode(y=y)
    x = alt.X("difference:Q", title=told.difference, axis=alt.Axis(format="+.0f", grid=True, gridColor=GRID))
    tips = [
        alt.Tooltip("monitor_share:Q", format=".1%", title=told.monitor),
        alt.Tooltip("poll_share:Q", format=".1%", title=told.poll),
        alt.Tooltip("difference:Q", format="+.1f", title=told.difference),
        alt.Tooltip("low:Q", format="+.1f", title=f"{told.interval} ↓"),
        alt.Tooltip("high:Q", format="+.1f", title=f"{told.interval} ↑"),
        alt.Tooltip("told:N", title=told.verdict),
    ]
    interval = base.mark_rule(strokeWidth=3, opacity=0.45).encode(
        x=alt.X("low:Q"), x2=alt.X2("high:Q"), color=stance_colour()
    )
    point = base.transform_filter("datum.difference != null").mark_point(filled=True, size=90, opacity=1)
    zero = alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=MUTED).encode(x=alt.X("zero:Q"))
    layered = alt.layer(zero, interval, point.encode(x=x, color=stance_colour(), tooltip=tips))
    return themed(layered.properties(width=width, height=alt.Step(_STEP), **heading(title, subtitle)))
