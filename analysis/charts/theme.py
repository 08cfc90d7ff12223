"""How every chart looks: few lines, direct labels, colours that colour-blind readers tell apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any

import altair as alt
import orjson
import polars as pl

from analysis.charts.words import ChartWords

_held: ContextVar[dict[str, bytes] | None] = ContextVar("rows of the chart being drawn", default=None)

# Red and blue of ColorBrewer's RdBu, which deuteranopes and protanopes tell apart; they differ in lightness as well.
STANCE_COLOURS = {"against": "#b2182b", "neutral": "#6b6b6b", "favor": "#2166ac"}
INK, MUTED, GRID, PAPER = "#262a33", "#5c6370", "#d9d4cc", "#fffdf9"
FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"


def themed(chart: Any, words: ChartWords | None = None) -> Any:
    """A finished chart with the look of all, months in the language of `words`. It cannot be put into another."""
    # Each setting copies the chart, so a specification gets them all at its end.
    return chart if _held.get() is not None else _configured(chart, words.months if words else ())


def _configured(chart: Any, months: tuple[str, ...]) -> Any:
    named = {"locale": {"time": _months(months)}} if months else {}
    return (
        chart.configure(font=FONT, background=PAPER, padding={"left": 4, "right": 8, "top": 4, "bottom": 4}, **named)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=MUTED,
            titleColor=MUTED,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            domainColor=MUTED,
            tickColor=MUTED,
            gridColor=GRID,
        )
        .configure_axisY(domain=False, ticks=False, labelPadding=6)
        .configure_axisX(grid=False, labelFlush=True)
        .configure_title(
            anchor="start",
            color=INK,
            fontSize=17,
            fontWeight="bold",
            subtitleColor=MUTED,
            subtitleFontSize=13,
            offset=10,
        )
        .configure_legend(labelColor=MUTED, titleColor=MUTED, labelFontSize=12, titleFontSize=12)
        .configure_header(labelColor=INK, labelFontSize=13, labelFontWeight="bold", title=None, labelAnchor="start")
    )


def rows(frame: pl.DataFrame | pl.LazyFrame) -> Any:
    """Rows in the specification itself, dates as text, so that the chart stands alone."""
    held = _held.get()
    if held is None:
        return inline(plain(frame))
    # Polars 2.1 writes nothing of a frame of which the first chunk is empty.
    return _named(held, _rounded(frame).rechunk().write_json().encode())


def inline(values: list[dict[str, Any]]) -> Any:
    """These rows as the data of a chart."""
    held = _held.get()
    return alt.Data(values=values) if held is None else _named(held, orjson.dumps(values))


def drawn(draw: Callable[..., Any], data: Mapping[str, Any], *shape: Hashable) -> Any:
    """`draw(data, *shape)`: a chart of `rows` and `inline`, by name. Nothing else that it shows may vary.

    For a specification it is drawn once for each shape; the 32 that were asked for last are kept, without any rows.
    """
    if _held.get() is None:
        return draw(data, *shape)
    return _drawn(draw, tuple((name, one.name) for name, one in data.items()), shape)


@lru_cache(maxsize=32)
def _drawn(draw: Callable[..., Any], data: tuple[tuple[str, str], ...], shape: tuple[Hashable, ...]) -> dict[str, Any]:
    chart = draw({name: alt.NamedData(name=held) for name, held in data}, *shape)
    spec: dict[str, Any] = chart.to_dict(validate=False)
    return spec


def specification(make: Callable[[], Any], words: ChartWords) -> bytes:
    """The chart that `make` gives by `drawn`, as a Vega-Lite specification in JSON: `make().to_dict()`, much sooner.

    Altair copies and checks a chart's data with every step of drawing it; here it never sees them, and they are put in
    at the end. The chart itself is not checked either. `words`: those of the chart, for the names of months.
    """
    held: dict[str, bytes] = {}
    token = _held.set(held)
    try:
        spec: dict[str, Any] = make()
    finally:
        _held.reset(token)
    data = {name: orjson.Fragment(text) for name, text in held.items()}
    return orjson.dumps({**spec, "config": _look(words.months), "datasets": {**spec.get("datasets", {}), **data}})


def _named(held: dict[str, bytes], text: bytes) -> Any:
    name = f"rows{len(held)}"
    held[name] = text
    return alt.NamedData(name=name)


@cache
def _look(months: tuple[str, ...]) -> dict[str, Any]:
    spec: dict[str, Any] = _configured(alt.Chart(alt.Data(values=[])).mark_point(), months).to_dict()
    return dict(spec["config"])


def plain(frame: pl.DataFrame | pl.LazyFrame) -> list[dict[str, Any]]:
    """The rows as JSON holds them: dates as text, shares with four decimals (a pixel is wider than the fifth)."""
    return _rounded(frame).to_dicts()


def _rounded(frame: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    # Each step of its own hands the frame to another thread, and waits for it.
    return frame.lazy().with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d"), pl.col(pl.Float64).round(4)).collect()


def time_axis(width: int | str = 760, field: str = "starts") -> alt.X:
    """Time along the bottom, a label for a month only where the month begins."""
    return alt.X(f"{field}:T", title=None, axis=alt.Axis(format="%b %Y", labelOverlap=True, tickCount=6))


def share_axis(title: str | None = None, field: str = "share", ticks: int = 5) -> alt.Y:
    """Shares from zero, in percent, with their unit at the labels instead of a title; about so many ticks."""
    axis = alt.Axis(format=".0%", tickCount=ticks)
    return alt.Y(f"{field}:Q", title=title, axis=axis, scale=alt.Scale(zero=True, nice=True))


def stance_colour() -> alt.Color:
    """One colour a stance, without a legend: the lines are labelled."""
    scale = alt.Scale(domain=list(STANCE_COLOURS), range=list(STANCE_COLOURS.values()))
    return alt.Color("stance:N", scale=scale, legend=None)


def stance_legend(stances: Sequence[str], words: ChartWords) -> alt.Color:
    """The same colours with a legend above, for charts whose lines are too many to label."""
    scale = alt.Scale(domain=list(stances), range=[STANCE_COLOURS[stance] for stance in stances])
    named = " : ".join(f"datum.value == '{one}' ? {json.dumps(words.stances.get(one, one))}" for one in stances)
    legend = alt.Legend(
        orient="top",
        title=None,
        symbolType="stroke",
        symbolOpacity=1,
        symbolStrokeWidth=3,
        labelExpr=f"{named} : datum.value",
    )
    return alt.Color("stance:N", scale=scale, legend=legend)


def title(text: str, subtitle: str) -> dict[str, Any]:
    """The property `title` of a chart, or none where the page already has a heading."""
    return {"title": alt.TitleParams(text=text, subtitle=subtitle or [])} if text else {}


def _months(short: Sequence[str]) -> dict[str, Any]:
    """A time locale of Vega with these names of months; the weekdays, which no chart of ours shows, are English."""
    days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    return {
        "dateTime": "%d %b %Y", "date": "%d.%m.%Y", "time": "%H:%M", "periods": ["AM", "PM"],
        "days": days, "shortDays": [day[:3] for day in days], "months": list(short), "shortMonths": list(short),
    }  # fmt: skip
