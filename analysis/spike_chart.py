"""A spike as a chart: what was observed, what was expected, the bound, the alert's own days and the events near them.

It is drawn as PNG without a browser (vl-convert), so that it can be attached to a message.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from analysis.charts.annotations import event_layers, event_rows
from analysis.charts.theme import INK, MUTED, themed
from analysis.charts.theme import title as heading
from analysis.charts.words import ChartWords

PNG_SCALE = 1.5
"""Device pixels a point."""
_WIDTH, _HEIGHT = 700, 260
_OBSERVED, _ALERT = INK, "#b2182b"
_SCHEMA = {
    "time": pl.String(),
    "observed": pl.Float64(),
    "expected": pl.Float64(),
    "upper": pl.Float64(),
    "alert": pl.Boolean(),
}


def spike_chart(
    series: Sequence[Mapping[str, Any]],
    *,
    title: str = "",
    subtitle: str = "",
    measure: str = "voices",
    expected_label: str = "expected",
    bound_label: str = "usual at most",
    events: Sequence[tuple[dt.date, str]] = (),
) -> Any:
    """The series around an alert; `series` has one row a step: time (ISO), observed, expected, upper, alert.

    expected and upper are None where the detector could not say; observed is None where nothing was collected, which
    leaves a gap. Steps of the alert are red. ValueError for a series without steps.
    """
    if not series:
        raise ValueError("a chart needs at least one step of the series")
    frame = pl.DataFrame(list(series), schema=_SCHEMA, orient="row")
    rows = alt.Data(values=frame.to_dicts())
    axis = alt.Axis(format="%d.%m.%y", labelOverlap=True, tickCount=6)
    base = alt.Chart(rows).encode(x=alt.X("time:T", title=None, axis=axis))
    y = alt.Axis(tickCount=5, tickMinStep=1)
    bound = base.mark_area(color=MUTED, opacity=0.18, interpolate="step-after").encode(
        y=alt.Y("expected:Q", title=measure, axis=y), y2="upper:Q"
    )
    expected = base.mark_line(color=MUTED, strokeDash=[5, 3], strokeWidth=1.2).encode(y="expected:Q")
    observed = base.mark_line(color=_OBSERVED, strokeWidth=1.4).encode(y="observed:Q")
    points = base.mark_point(filled=True, opacity=1).encode(
        y="observed:Q",
        color=alt.condition("datum.alert", alt.value(_ALERT), alt.value(_OBSERVED)),
        size=alt.condition("datum.alert", alt.value(90), alt.value(14)),
    )
    layers = [bound, expected, observed, points, *_labels(frame, expected_label, bound_label)]
    first, last = (dt.date.fromisoformat(str(one)[:10]) for one in (frame["time"].min(), frame["time"].max()))
    if dated := event_rows(events, first, last):
        layers += event_layers(alt.Data(values=dated), ChartWords())
    chart = alt.layer(*layers).properties(width=_WIDTH, height=_HEIGHT, **heading(title, subtitle))
    return themed(chart)


def png(chart: Any, scale: float = PNG_SCALE) -> bytes:
    """The chart as PNG; `scale` in device pixels a point. Takes about half a second, offline."""
    import vl_convert

    drawn: bytes = vl_convert.vegalite_to_png(chart.to_json(), scale=scale)
    return drawn


def _labels(frame: pl.DataFrame, expected: str, bound: str) -> list[alt.Chart]:
    """What the dashed line, the band and the red points are, written beside them."""
    known = frame.filter(pl.col("upper").is_not_null()).tail(1).to_dicts()
    rows = [{"time": row["time"], "y": row[of], "label": text} for row in known
            for of, text in (("expected", expected), ("upper", bound))]  # fmt: skip
    peak = frame.filter("alert").sort("observed", descending=True, nulls_last=True).head(1).to_dicts()
    highest = [{"time": row["time"], "y": row["observed"], "label": f"{row['observed']:.0f}"} for row in peak
               if row["observed"] is not None]  # fmt: skip
    texts = [(rows, {"dx": 6, "color": MUTED}), (highest, {"dx": 8, "color": _ALERT, "fontWeight": "bold"})]
    return [
        alt.Chart(alt.Data(values=some)).mark_text(align="left", fontSize=12, **look).encode(
            x="time:T", y="y:Q", text="label:N"
        )
        for some, look in texts
        if some
    ]  # fmt: skip
