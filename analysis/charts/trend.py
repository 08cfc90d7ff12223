"""The trend of a share as a chart: interval, incomplete periods, polls and events on one page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from analysis.charts.annotations import event_layers, event_rows, poll_layers, poll_rows
from analysis.charts.theme import drawn, inline, plain, rows, share_axis, stance_colour, themed, time_axis
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
    lined, seen = line.lazy(), base.lazy().filter(pl.col("share").is_not_null())
    data = {
        "interval": rows(lined.select("starts", "stance", "low", "high", "alone")),
        "line": rows(lined.select("starts", "stance", "share")),
        "whole": rows(seen.filter(pl.col("complete"))),
        "part": rows(seen.filter(~pl.col("complete"))),
        "ends": inline(_ends(line, told)),
    }
    if truth is not None:
        data["truth"] = rows(truth.select("starts", "stance", "share").sort("stance", "starts"))
    stances = [stance for stance in STANCES if stance in base["stance"].to_list()]
    if published := poll_rows(_within(polls, base), stances):
        data["polls"] = inline(published)
    if base.height and (dated := event_rows(events, base["starts"].min(), base["starts"].max())):  # type: ignore[arg-type]
        data["events"] = inline(dated)
    # Many points are smaller than few, so that a year of days does not become a band.
    size = 34 if base["share"].count() <= 160 else 12
    tips = tuple(name for name in ("period", "n_authors", "n_posts") if name in base.columns)
    return drawn(
        _layered, data, told, tips, "link" in base.columns, size, smoothed is not None, width, height, title, subtitle
    )


def _layered(
    data: Mapping[str, Any],
    words: ChartWords,
    tips: tuple[str, ...],
    linked: bool,
    size: int,
    faint: bool,
    width: int | str,
    height: int,
    title: str,
    subtitle: str,
) -> Any:
    layers = [*_ribbon(data["interval"]), _line(data["line"]).mark_line(strokeWidth=2.5)]
    layers += _points(data["whole"], data["part"], _tips(tips, words), linked=linked, size=size, faint=faint)
    if "truth" in data:
        layers.append(_line(data["truth"]).mark_line(strokeDash=[4, 3], strokeWidth=1.2))
    if "polls" in data:
        layers += poll_layers(data["polls"], words)
    if "events" in data:
        layers += event_layers(data["events"], words)
    layers.append(_end_labels(data["ends"]))
    chart = alt.layer(*layers, data=alt.Data(values=[]), width=width, height=height, **heading(title, subtitle))
    return themed(chart, words)


def _base(shares: pl.DataFrame, words: ChartWords) -> pl.DataFrame:
    wanted = ("starts", "stance", "share", "low", "high", "complete", "period", "n_authors", "n_posts", "link")
    # A point whose neighbours are suppressed has no line: its interval is drawn as a bar.
    other = {step: pl.col("stance").ne_missing(pl.col("stance").shift(step)) for step in (1, -1)}
    before, after = (end | pl.col("share").shift(step).is_null() for step, end in other.items())
    frame = shares.lazy().select(name for name in wanted if name in shares.columns).sort("stance", "starts")
    return frame.with_columns(name=pl.col("stance").replace(words.stances), alone=before & after).collect()


def _within(polls: Sequence[Poll], base: pl.DataFrame) -> list[Poll]:
    """The polls about a stance of the series, in its time: one before or after it would stretch the axis."""
    stances, first, last = set(base["stance"]), base["starts"].min(), base["starts"].max()
    fit = (one for one in polls if base.height and set(one.shares) & stances)
    return [one for one in fit if one.ends >= first and one.starts <= last]  # type: ignore[operator]


def _ribbon(data: Any) -> list[alt.Chart]:
    base = alt.Chart(data)
    bounds = {"x": time_axis(), "y": share_axis(field="low"), "y2": alt.Y2("high:Q"), "color": stance_colour()}
    return [
        base.mark_area(opacity=0.16, line=False).encode(**bounds),
        base.transform_filter("datum.alone && datum.low != null")
        .mark_rule(opacity=0.35, strokeWidth=2)
        .encode(**bounds),
    ]


def _line(data: Any) -> alt.Chart:
    return alt.Chart(data).encode(x=time_axis(), y=share_axis(), color=stance_colour())


def _points(whole: Any, part: Any, tips: list[alt.Tooltip], *, linked: bool, size: int, faint: bool) -> list[alt.Chart]:
    encoding: dict[str, Any] = {"x": time_axis(), "y": share_axis(), "color": stance_colour(), "tooltip": tips}
    if linked:
        encoding["href"] = alt.Href("link:N")
    filled = alt.Chart(whole).mark_point(filled=True, size=size, opacity=0.45 if faint else 1)
    hollow = alt.Chart(part).mark_point(filled=True, size=size + 16, fill="white", opacity=1)
    return [filled.encode(**encoding), hollow.encode(stroke=stance_colour(), **encoding)]


def _tips(more: Sequence[str], words: ChartWords) -> list[alt.Tooltip]:
    named = {"period:N": words.period, "n_authors:Q": words.authors, "n_posts:Q": words.posts}
    return [
        alt.Tooltip("name:N", title=" "),
        alt.Tooltip("share:Q", format=".1%", title=words.share),
        alt.Tooltip("low:Q", format=".1%", title=f"{words.interval} ↓"),
        alt.Tooltip("high:Q", format=".1%", title=f"{words.interval} ↑"),
        *(alt.Tooltip(field, title=text) for field, text in named.items() if field.split(":")[0] in more),
    ]


def _ends(frame: pl.DataFrame, words: ChartWords) -> list[dict[str, Any]]:
    """The stance and its last share at the end of each line, pushed apart where they would overlap."""
    ends = frame.lazy().filter(pl.col("share").is_not_null()).group_by("stance").last().sort("share")
    labels: list[dict[str, Any]] = []
    highest: Any = frame["high"].max()
    top = max(highest or 0.0, 0.1)
    for row in plain(ends):
        least = labels[-1]["place"] + _LABEL_GAP * top if labels else 0.0
        # The share of a period that is not over is no news: its line is named without it.
        told = f" {100 * row['share']:.0f}%" if row["complete"] else ""
        text = words.stances.get(row["stance"], row["stance"]) + told
        labels.append({**row, "place": max(row["share"], least), "label": text})
    return labels


def _end_labels(data: Any) -> alt.Chart:
    chart = alt.Chart(data).mark_text(align="left", dx=8, fontSize=13, fontWeight="bold")
    return chart.encode(x=time_axis(), y=share_axis(field="place"), color=stance_colour(), text=alt.Text("label:N"))
