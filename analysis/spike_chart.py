"""A spike as a chart: what was observed, what was expected, the bound, the alert's own days and the events near them.

It is drawn as PNG without a browser (vl-convert), so that it can be attached to a message.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

PNG_SCALE = 1.5
"""Device pixels a point."""
_WIDTH, _HEIGHT = 640, 260
# Fonts with Kazakh letters first: a title that needs them would fall back to a serif one.
_FONT = "DejaVu Sans, Liberation Sans, Arial, sans-serif"
_OBSERVED, _EXPECTED, _ALERT = "#1f3b57", "#7a8794", "#c0392b"
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
    events: Sequence[tuple[dt.date, str]] = (),
) -> alt.LayerChart:
    """The series around an alert; `series` has one row a step: time (ISO), observed, expected, upper, alert.

    expected and upper are None where the detector could not say; observed is None where nothing was collected, which
    leaves a gap. Steps of the alert are red. ValueError for a series without steps.
    """
    if not series:
        raise ValueError("a chart needs at least one step of the series")
    frame = pl.DataFrame(list(series), schema=_SCHEMA, orient="row")
    rows = alt.Data(values=frame.to_dicts())
    time = alt.X("time:T", title=None, axis=alt.Axis(format="%d.%m.%y", labelOverlap=True))
    base = alt.Chart(rows).encode(x=time)
    bound = base.mark_area(color=_EXPECTED, opacity=0.18, interpolate="step-after").encode(
        y=alt.Y("expected:Q", title=measure), y2="upper:Q"
    )
    expected = base.mark_line(color=_EXPECTED, strokeDash=[5, 3], strokeWidth=1.2).encode(y="expected:Q")
    observed = base.mark_line(color=_OBSERVED, strokeWidth=1.4).encode(y="observed:Q")
    points = base.mark_point(filled=True, opacity=1).encode(
        y="observed:Q",
        color=alt.condition("datum.alert", alt.value(_ALERT), alt.value(_OBSERVED)),
        size=alt.condition("datum.alert", alt.value(70), alt.value(14)),
    )
    layers = [bound, expected, observed, points]
    shown = (frame["time"].min(), frame["time"].max())
    layers += _events([one for one in events if str(shown[0])[:10] <= one[0].isoformat() <= str(shown[1])[:10]])
    heading = alt.TitleParams(text=title, subtitle=subtitle or [], anchor="start", fontSize=13)
    return alt.layer(*layers).properties(width=_WIDTH, height=_HEIGHT, title=heading).configure(font=_FONT)


def png(chart: alt.LayerChart, scale: float = PNG_SCALE) -> bytes:
    """The chart as PNG; `scale` in device pixels a point. Takes about half a second, offline."""
    import vl_convert

    drawn: bytes = vl_convert.vegalite_to_png(chart.to_json(), scale=scale)
    return drawn


def _events(events: Sequence[tuple[dt.date, str]]) -> list[alt.Chart]:
    if not events:
        return []
    rows = [{"time": day.isoformat(), "event": name if len(name) <= 48 else name[:47] + "…"} for day, name in events]
    base = alt.Chart(alt.Data(values=rows)).encode(x="time:T")
    label = base.mark_text(angle=270, align="right", dx=-4, dy=-5, fontSize=9, color="#555555")
    return [base.mark_rule(strokeDash=[2, 2], color="#999999"), label.encode(y=alt.value(0), text="event:N")]
