"""Small multiples: the same trend for every source, language, region or narrative, on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from analysis.charts.theme import MUTED, drawn, rows, share_axis, stance_legend, themed
from analysis.charts.theme import title as heading
from analysis.charts.words import ChartWords
from storage.records import STANCES

_COLUMNS = 3
_WIDTH, _HEIGHT = 290, 130
_TICKS = 3


def panels(
    shares: pl.DataFrame,
    *,
    title: str = "",
    subtitle: str = "",
    columns: int = _COLUMNS,
    width: int = _WIDTH,
    smoothed: pl.DataFrame | None = None,
    words: ChartWords | None = None,
) -> Any:
    """One small trend for each `value` of the group, all on the same axes, so that they can be compared.

    `shares`: the columns that `trend_chart` takes, and value; optionally label, what a panel is called. Groups
    whose every period is suppressed have no panel; the one with the highest shares comes first. `smoothed`: value,
    starts, stance, share, low, high; it takes the line and the ribbon, and the raw shares stay as points.
    """
    told = words or ChartWords()
    shown = _rows(shares, smoothed, told)
    stances = tuple(stance for stance in STANCES if stance in shown["stance"].to_list())
    shape = (tuple(_order(shown)), stances, tuple(shown.columns), smoothed is not None, columns, width)
    return drawn(_faceted, {"shares": rows(shown)}, told, *shape, title, subtitle)


def _faceted(
    data: Mapping[str, Any],
    words: ChartWords,
    order: tuple[str, ...],
    stances: tuple[str, ...],
    known: tuple[str, ...],
    faint: bool,
    columns: int,
    width: int,
    title: str,
    subtitle: str,
) -> Any:
    layered = alt.layer(*_layers(known, stances, words, faint=faint))
    facet = alt.Facet("label:N", title=None, sort=list(order), header=alt.Header(labelLimit=width))
    chart = layered.properties(width=width, height=_HEIGHT).facet(
        facet=facet, columns=columns, data=data["shares"], spacing=20
    )
    return themed(chart.properties(**heading(title, subtitle)), words)


def _rows(shares: pl.DataFrame, smoothed: pl.DataFrame | None, words: ChartWords) -> pl.DataFrame:
    """What is drawn: label, starts, stance, name, share, low, high, complete, and line, bottom, top of the ribbon."""
    names = [name for name in ("period", "n_authors", "n_posts", "link") if name in shares.columns]
    line = {"line": "share", "bottom": "low", "top": "high"}
    if smoothed is None:
        lined = shares.with_columns(**{name: pl.col(of) for name, of in line.items()})
    else:
        key = ["value", "starts", "stance"]
        lined = shares.join(
            smoothed.select(*key, **{name: pl.col(of) for name, of in line.items()}), on=key, how="left"
        )
    frame = lined.with_columns(
        label=pl.col("label") if "label" in shares.columns else pl.col("value"),
        name=pl.col("stance").replace(words.stances),
    ).select("label", "starts", "stance", "name", "share", "low", "high", "complete", *line, *names)
    return frame.filter(pl.col("share").is_not_null().any().over("label")).sort("label", "stance", "starts")


def _layers(known: Sequence[str], stances: Sequence[str], words: ChartWords, *, faint: bool) -> list[alt.Chart]:
    tips = [
        alt.Tooltip("label:N", title=words.value),
        alt.Tooltip("name:N", title=" "),
        *([alt.Tooltip("period:N", title=words.period)] if "period" in known else []),
        alt.Tooltip("share:Q", format=".1%", title=words.share),
        alt.Tooltip("low:Q", format=".1%", title=f"{words.interval} ↓"),
        alt.Tooltip("high:Q", format=".1%", title=f"{words.interval} ↑"),
    ]
    colour = stance_legend(stances, words)
    axis = alt.Axis(format="%b %y", labelOverlap=True, tickCount=3, tickColor=MUTED)
    base = alt.Chart().encode(x=alt.X("starts:T", title=None, axis=axis), color=colour)
    link = {"href": alt.Href("link:N")} if "link" in known else {}
    dots = base.encode(y=share_axis(ticks=_TICKS), tooltip=tips, **link)
    opacity = 0.45 if faint else 1.0
    return [
        base.mark_area(opacity=0.16).encode(y=share_axis(field="bottom", ticks=_TICKS), y2=alt.Y2("top:Q")),
        base.mark_line(strokeWidth=1.8).encode(y=share_axis(field="line", ticks=_TICKS)),
        dots.transform_filter("datum.complete && datum.share != null").mark_point(
            filled=True, size=12, opacity=opacity
        ),
        dots.transform_filter("!datum.complete && datum.share != null").mark_point(size=26, strokeWidth=1.3, opacity=1),
    ]


def _order(shown: pl.DataFrame) -> list[str]:
    """The labels of the panels, the highest mean share first."""
    highest = shown.group_by("label", "stance").agg(pl.col("share").mean()).group_by("label").agg(pl.col("share").max())
    return highest.sort("share", "label", descending=[True, False])["label"].to_list()
