"""What was collected, as a calendar: a silent collector must not be read as a silent public."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import polars as pl

from analysis.charts.theme import drawn, rows, themed
from analysis.charts.theme import title as heading
from analysis.charts.words import ChartWords

_MOST_DAYS = 130
_STEP = 26


def coverage_chart(
    coverage: pl.DataFrame,
    *,
    title: str = "",
    subtitle: str = "",
    width: int | str = 760,
    words: ChartWords | None = None,
) -> Any:
    """A row for each source, a cell for each day, or week where there are more than 130 days: darker is more posts.

    `coverage`: source, day, posts, gaps. Cells without a post are outlined in red; missing ids mark a cell with a dot.
    """
    told = words or ChartWords()
    days = coverage["day"].n_unique() if coverage.height else 0
    weekly = days > _MOST_DAYS
    cells = (
        coverage.with_columns(day=pl.col("day").dt.truncate("1w") if weekly else pl.col("day"))
        .group_by("source", "day")
        .agg(pl.col("posts").sum(), pl.col("gaps").sum())
        .sort("source", "day")
        .with_columns(ends=pl.col("day").dt.offset_by("7d" if weekly else "1d"))
    )
    data = {"cells": rows(cells), "gaps": rows(cells.filter(pl.col("gaps") > 0))}
    return drawn(_layered, data, told, weekly, width, title, subtitle)


def _layered(
    data: Mapping[str, Any], words: ChartWords, weekly: bool, width: int | str, title: str, subtitle: str
) -> Any:
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%b %Y", labelOverlap=True, tickCount=6))
    y = alt.Y("source:N", title=None, axis=alt.Axis(labelLimit=180, domain=False, ticks=False))
    colour = alt.Color(
        "posts:Q",
        title=words.weekly if weekly else words.daily,
        scale=alt.Scale(type="symlog", range=["#e8eef5", "#0b3c6f"]),
        legend=alt.Legend(orient="top"),
    )
    tips = [
        alt.Tooltip("source:N", title=words.source),
        alt.Tooltip("day:T", format="%Y-%m-%d", title=words.day),
        alt.Tooltip("posts:Q", title=words.posts),
        alt.Tooltip("gaps:Q", title=words.missing),
    ]
    base = alt.Chart(data["cells"]).encode(x=x, x2=alt.X2("ends:T"), y=y, tooltip=tips)
    filled = base.transform_filter("datum.posts > 0").mark_rect(stroke="white", strokeWidth=0.6).encode(color=colour)
    empty = base.transform_filter("datum.posts == 0").mark_rect(fill="#fdecea", stroke="#b2182b", strokeWidth=1)
    dots = alt.Chart(data["gaps"])
    missing = dots.mark_point(filled=True, size=22, color="#e08214", opacity=1).encode(x=x, y=y, tooltip=tips)
    layered = alt.layer(filled, empty, missing).properties(width=width, height=alt.Step(_STEP))
    return themed(layered.properties(**heading(title, subtitle)), words)
