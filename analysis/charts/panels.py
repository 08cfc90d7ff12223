"""Small multiples: the same trend for every source, language, region or narrative, on one scale."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from analysis.charts.theme import rows, share_axis, stance_colour, themed
from analysis.charts.theme import title as heading
from analysis.charts.words import ChartWords

_COLUMNS = 3
_WIDTH, _HEIGHT = 230, 130


def panels(
    shares: pl.DataFrame,
    *,
    title: str = "",
    subtitle: str = "",
    columns: int = _COLUMNS,
    width: int = _WIDTH,
    words: ChartWords | None = None,
) -> Any:
    """One small trend for each `value` of the group, all on the same axes, so that they can be compared.

    `shares`: the columns that `trend_chart` takes, and value; optionally label, what a panel is called. Groups
    whose every period is suppressed have no panel.
    """
    told = words or ChartWords()
    names = [name for name in ("period", "n_authors", "n_posts", "link") if name in shares.columns]
    frame = shares.with_columns(
        label=pl.col("label") if "label" in shares.columns else pl.col("value"),
        name=pl.col("stance").replace(told.stances),
    ).select("label", "starts", "stance", "name", "share", "low", "high", "complete", *names)
    shown = frame.filter(pl.col("share").is_not_null().any().over("label")).sort("label", "stance", "starts")
    tips = [
        alt.Tooltip("label:N", title=told.value),
        alt.Tooltip("name:N", title=" "),
        alt.Tooltip("share:Q", format=".1%", title=told.share),
        alt.Tooltip("low:Q", format=".1%", title=f"{told.interval} ↓"),
        alt.Tooltip("high:Q", format=".1%", title=f"{told.interval} ↑"),
    ]
    base = alt.Chart().encode(x=_short_time(), color=stance_colour())
    ribbon = base.mark_area(opacity=0.16).encode(y=share_axis(field="low"), y2=alt.Y2("high:Q"))
    line = base.mark_line(strokeWidth=1.8).encode(y=share_axis())
    points = (
        base.transform_filter("datum.share != null")
        .mark_point(filled=True, size=10)
        .encode(y=share_axis(), tooltip=tips, **({"href": alt.Href("link:N")} if "link" in names else {}))
    )
    layered = alt.layer(ribbon, line, points).properties(width=width, height=_HEIGHT)
    facet = alt.Facet("label:N", title=None, header=alt.Header(labelLimit=width))
    chart = layered.facet(facet=facet, columns=columns, data=rows(shown), spacing=22)
    return themed(chart.properties(**heading(title, subtitle)))


def _short_time() -> alt.X:
    axis = alt.Axis(format="%b %y", labelOverlap=True, tickCount=3)
    return alt.X("starts:T", title=None, axis=axis)
