"""The monitor beside each published poll: both shares, and the difference with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import polars as pl

from analysis.charts.theme import GRID, INK, MUTED, STANCE_COLOURS, drawn, rows, stance_colour, themed
from analysis.charts.theme import title as heading
from analysis.charts.words import ChartWords

_STEP = 26


def poll_chart(
    comparisons: pl.DataFrame,
    *,
    title: str = "",
    subtitle: str = "",
    width: int | str = 520,
    words: ChartWords | None = None,
) -> Any:
    """A row for each poll and stance: the difference in percentage points as a point with its interval, zero marked.

    `comparisons`: the columns of `Comparison`, question (the heading above its rows) and label (what a row is called
    beside its stance). An insufficient comparison has its verdict instead of a point.
    """
    told = words or ChartWords()
    shown = _rows(comparisons, told)
    order = tuple(shown["question"].unique(maintain_order=True))
    return drawn(_faceted, {"comparisons": rows(shown)}, told, order, width, title, subtitle)


def _faceted(
    data: Mapping[str, Any], words: ChartWords, order: tuple[str, ...], width: int | str, title: str, subtitle: str
) -> Any:
    y = alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=260, grid=False, labelColor=INK))
    base = alt.Chart().encode(y=y, color=stance_colour())
    axis = alt.Axis(format="+.0f", labelExpr="datum.value == 0 ? '0' : datum.label", gridColor=GRID, tickCount=6)
    x = alt.X("difference:Q", title=words.difference, axis=axis, scale=alt.Scale(padding=12, zero=True))
    zero = alt.Chart().mark_rule(color=MUTED).encode(x=alt.datum(0))
    interval = base.mark_rule(strokeWidth=3, opacity=0.45).encode(x=alt.X("low:Q", axis=axis), x2=alt.X2("high:Q"))
    usable = base.transform_filter("datum.difference != null")
    point = usable.mark_point(filled=True, size=90, opacity=1).encode(x=x, tooltip=_tips(words))
    both = usable.mark_text(align="left", dx=7, fontSize=11).encode(
        x=alt.X("high:Q"), text=alt.Text("both:N"), color=alt.value(MUTED), tooltip=_tips(words)
    )
    lacking = base.transform_filter("datum.difference == null").mark_text(align="left", dx=7, fontSize=11)
    without = lacking.encode(x=alt.datum(0), text=alt.Text("told:N"), color=alt.value(MUTED))
    header = alt.Header(title=None, labelOrient="top", labelAnchor="start", labelLimit=700)
    layered = alt.layer(zero, interval, point, both, without).properties(width=width, height=alt.Step(_STEP))
    chart = layered.facet(
        row=alt.Row("question:N", sort=list(order), header=header),
        data=data["comparisons"],
        spacing=14,
    ).resolve_scale(y="independent")
    return themed(chart.properties(**heading(title, subtitle)), words)


def _rows(comparisons: pl.DataFrame, words: ChartWords) -> pl.DataFrame:
    frame = comparisons.with_columns(
        ((pl.col(name) * 100).alias(name) for name in ("difference", "low", "high")),
    ).with_columns(
        label=pl.col("label") + " · " + pl.col("stance").replace(words.stances),
        told=pl.col("verdict").replace(words.verdicts),
        both=pl.format(f"{words.monitor} {{}}%, {words.poll} {{}}%", _percent("monitor_share"), _percent("poll_share")),
    )
    # An answer that is no stance (a reason is shared or not) takes the neutral colour.
    known = pl.col("stance").is_in(list(STANCE_COLOURS))
    frame = frame.with_columns(stance=pl.when(known).then("stance").otherwise(pl.lit("neutral")))
    kept = ("question", "label", "stance", "difference", "low", "high", "monitor_share", "poll_share", "told", "both")
    return frame.select(name for name in kept if name in frame.columns)


def _percent(name: str) -> pl.Expr:
    return (pl.col(name) * 100).round(0).cast(pl.Int64)


def _tips(words: ChartWords) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("monitor_share:Q", format=".1%", title=words.monitor),
        alt.Tooltip("poll_share:Q", format=".1%", title=words.poll),
        alt.Tooltip("difference:Q", format="+.1f", title=words.difference),
        alt.Tooltip("low:Q", format="+.1f", title=f"{words.interval} ↓"),
        alt.Tooltip("high:Q", format="+.1f", title=f"{words.interval} ↑"),
        alt.Tooltip("told:N", title=words.verdict),
    ]
