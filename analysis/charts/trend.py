"""The trend of a share as a chart: interval, incomplete periods, polls and events on one page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from analysis.charts.annotations import event_layers, poll_layers
from analysis.charts.theme import plain, rows, share_axis, stance_colour, themed, time_axis
from analysis.charts.theme import title as heading
from analysis.charts.words import ChartWords
from storage.records import STANCES, Poll

_WIDTH, _HEIGHT = 760, 320
# Labels nearer than this part of the axis would overlap.
_LABEL_GAP = 0.055


def trend_chart(
    shares: pl.DataFrame,
    *,
    polls: Sequence[Poll] = (),
    events: Sequence[tuple[dt.date, str]] = (),
    truth: pl.DataFrame | None = None,
    smoothed: pl.DataFrame | None = None,
    title: str = "",
    subtitle: str = "",
    width: int | str = _WIDTH,
    height: int = _HEIGHT,
    words: ChartWords | None = None,
) -> Any:
    """A line for each stance with its interval as a ribbon, one period after the other, named at its end.

    `shares`: starts, stance, share, low, high, complete, and for the tooltip period, n_authors, n_posts and link (where
    a click leads), each where it is there; suppressed periods (share null) leave a gap. Incomplete periods are hollow.
    `polls`: diamonds at the middle of their field dates, with their margin where one was published. `events`: dated
    rules. `smoothed`: starts, stance, share, low, high; it takes the line and the ribbon, and the raw shares stay as
    points. `truth`: starts, stance, share, where the chatter is simulated and the truth is known, dashed. `width`:
    pixels, or "container" for a page. The result is a specification; rendering it is up to the caller.
    """
    told = words or ChartWords()
    base = _base(shares, told)
    line = _base(smoothed.with_columns(complete=True), told) if smoothed is not None else base
    layers = [*_ribbon(line), _line(line, strong=True), *_points(base, told, faint=smoothed is not None)]
    if truth is not None:
        layers.append(_truth(truth))
    stances = [stance for stance in STANCES if stance in base["stance"].to_list()]
    layers += poll_layers(_within(polls, base), stances, told)
    if events and base.height:
        layers += event_layers(events, base["starts"].min(), base["starts"].max(), told)  # type: ignore[arg-type]
    layers.append(_end_labels(line, told))
    size = {"width": width, "height": height}
    chart = alt.layer(*layers, data=alt.Data(values=[]), **size, **heading(title, subtitle))
    return themed(chart, told)


def _base(shares: pl.DataFrame, words: ChartWords) -> pl.DataFrame:
    wanted = ("starts", "stance", "share", "low", "high", "complete", "period", "n_authors", "n_posts", "link")
    frame = shares.select(name for name in wanted if name in shares.columns).sort("stance", "starts")
    return frame.with_columns(
        name=pl.col("stance").replace(words.stances),
        # A point whose neighbours are suppressed has no line: its interval is drawn as a bar.
        alone=(pl.col("share").shift(1).over("stance").is_null() & pl.col("share").shift(-1).over("stance").is_null()),
    )


def _within(polls: Sequence[Poll], base: pl.DataFrame) -> list[Poll]:
    """The polls about a stance of the series, in its time: one before or after it would stretch the axis."""
    stances, first, last = set(base["stance"]), base["starts"].min(), base["starts"].max()
    fit = (one for one in polls if base.height and set(one.shares) & stances)
    return [one for one in fit if one.ends >= first and one.starts <= last]  # type: ignore[operator]


def _ribbon(frame: pl.DataFrame) -> list[alt.Chart]:
    base = alt.Chart(rows(frame.select("starts", "stance", "low", "high", "alone")))
    bounds = {"x": time_axis(), "y": share_axis(field="low"), "y2": alt.Y2("high:Q"), "color": stance_colour()}
    return [
        base.mark_area(opacity=0.16, line=False).encode(**bounds),
        base.transform_filter("datum.alone && datum.low != null")
        .mark_rule(opacity=0.35, strokeWidth=2)
        .encode(**bounds),
    ]


def _line(frame: pl.DataFrame, *, strong: bool) -> alt.Chart:
    chart = alt.Chart(rows(frame.select("starts", "stance", "share"))).mark_line(strokeWidth=2.5 if strong else 1)
    return chart.encode(x=time_axis(), y=share_axis(), color=stance_colour())


def _points(frame: pl.DataFrame, words: ChartWords, *, faint: bool) -> list[alt.Chart]:
    told = frame.filter(pl.col("share").is_not_null())
    encoding: dict[str, Any] = {
        "x": time_axis(),
        "y": share_axis(),
        "color": stance_colour(),
        "tooltip": _tips(frame, words),
    }
    if "link" in frame.columns:
        encoding["href"] = alt.Href("link:N")
    # Many points are smaller than few, so that a year of days does not become a band.
    size = 34 if told.height <= 160 else 12
    opacity = 0.45 if faint else 1
    whole = alt.Chart(rows(told.filter(pl.col("complete")))).mark_point(filled=True, size=size, opacity=opacity)
    part = alt.Chart(rows(told.filter(~pl.col("complete")))).mark_point(
        filled=True, size=size + 16, fill="white", opacity=1
    )
    return [whole.encode(**encoding), part.encode(stroke=stance_colour(), **encoding)]


def _tips(frame: pl.DataFrame, words: ChartWords) -> list[alt.Tooltip]:
    named = {"period": words.period, "n_authors": words.authors, "n_posts": words.posts}
    shown = [
        alt.Tooltip("name:N", title=" "),
        alt.Tooltip("share:Q", format=".1%", title=words.share),
        alt.Tooltip("low:Q", format=".1%", title=f"{words.interval} ↓"),
        alt.Tooltip("high:Q", format=".1%", title=f"{words.interval} ↑"),
    ]
    return shown + [alt.Tooltip(f"{name}", title=text) for name, text in _present(named, frame)]


def _present(named: dict[str, str], frame: pl.DataFrame) -> list[tuple[str, str]]:
    kinds = {name: "Q" if frame.schema[name].is_numeric() else "N" for name in named if name in frame.columns}
    return [(f"{name}:{kind}", named[name]) for name, kind in kinds.items()]


def _truth(truth: pl.DataFrame) -> alt.Chart:
    frame = truth.select("starts", "stance", "share").sort("stance", "starts")
    line = alt.Chart(rows(frame)).mark_line(strokeDash=[4, 3], strokeWidth=1.2)
    return line.encode(x=time_axis(), y=share_axis(), color=stance_colour())


def _end_labels(frame: pl.DataFrame, words: ChartWords) -> alt.Chart:
    """The stance and its last share at the end of each line, pushed apart where they would overlap."""
    ends = frame.filter(pl.col("share").is_not_null()).group_by("stance").last().sort("share")
    labels: list[dict[str, Any]] = []
    top = max(frame["high"].max() or 0.0, 0.1)
    for row in plain(ends):
        least = labels[-1]["place"] + _LABEL_GAP * top if labels else 0.0  # type: ignore[operator]
        # The share of a period that is not over is no news: its line is named without it.
        told = f" {100 * row['share']:.0f}%" if row["complete"] else ""
        text = words.stances.get(row["stance"], row["stance"]) + told
        labels.append({**row, "place": max(row["share"], least), "label": text})
    chart = alt.Chart(alt.Data(values=labels)).mark_text(align="left", dx=8, fontSize=13, fontWeight="bold")
    return chart.encode(x=time_axis(), y=share_axis(field="place"), color=stance_colour(), text=alt.Text("label:N"))
