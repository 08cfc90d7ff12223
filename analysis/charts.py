"""The trend of a share as a chart: interval, incomplete periods, polls and events on one page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import altair as alt
import polars as pl

from storage.records import Poll

_COLOURS = {"against": "#b2182b", "neutral": "#777777", "favor": "#2166ac"}
_WIDTH, _HEIGHT = 760, 320


def trend_chart(
    shares: pl.DataFrame,
    *,
    polls: Sequence[Poll] = (),
    events: Sequence[tuple[dt.date, str]] = (),
    truth: pl.DataFrame | None = None,
    title: str = "",
    subtitle: str = "",
) -> alt.LayerChart:
    """A line for each stance with its interval as a ribbon, one period after the other.

    `shares`: starts, stance, share, low, high, complete (other columns are ignored); suppressed
    periods (share null) leave a gap. Incomplete periods are hollow. `polls`: points at the middle of
    their field dates, with their margin where one was published. `events`: dated rules. `truth`:
    starts, stance, share: where the chatter is simulated and the truth is known, dashed. The result
    is a specification; rendering it is up to the caller.
    """
    frame = shares.select("starts", "stance", "share", "low", "high", "complete").sort("stance", "starts")
    layers = [_ribbon(frame), _line(frame), *_points(frame)]
    if truth is not None:
        layers.append(_truth(truth))
    stances = frame["stance"].unique().to_list()
    layers += _polls([poll for poll in polls if set(poll.shares) & set(stances)], stances)
    if events:
        layers += _events(events)
    heading = alt.TitleParams(text=title, subtitle=subtitle or [], anchor="start")
    return alt.layer(*layers).properties(width=_WIDTH, height=_HEIGHT, title=heading)


def _time() -> alt.X:
    return alt.X("starts:T", title=None, axis=alt.Axis(format="%b %Y"))


def _colour() -> alt.Color:
    scale = alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values()))
    return alt.Color("stance:N", scale=scale, title="stance")


def _share() -> alt.Y:
    return alt.Y("share:Q", title="share of people", axis=alt.Axis(format="%"))


def _rows(frame: pl.DataFrame) -> alt.Data:
    """Rows in the specification itself, dates as text, so that the chart stands alone."""
    return alt.Data(values=frame.with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d")).to_dicts())


def _ribbon(frame: pl.DataFrame) -> alt.Chart:
    y = alt.Y("low:Q", title="share of people", axis=alt.Axis(format="%"))
    return alt.Chart(_rows(frame)).mark_area(opacity=0.2).encode(x=_time(), y=y, y2="high:Q", color=_colour())


def _line(frame: pl.DataFrame) -> alt.Chart:
    return alt.Chart(_rows(frame)).mark_line().encode(x=_time(), y=_share(), color=_colour())


def _points(frame: pl.DataFrame) -> list[alt.Chart]:
    told = frame.filter(pl.col("share").is_not_null())
    whole, part = told.filter(pl.col("complete")), told.filter(~pl.col("complete"))
    filled = alt.Chart(_rows(whole)).mark_point(filled=True, size=30, opacity=1)
    hollow = alt.Chart(_rows(part)).mark_point(filled=False, size=45, fill="white", opacity=1)
    return [chart.encode(x=_time(), y=_share(), color=_colour()) for chart in (filled, hollow)]


def _truth(truth: pl.DataFrame) -> alt.Chart:
    frame = truth.select("starts", "stance", "share").sort("stance", "starts")
    line = alt.Chart(_rows(frame)).mark_line(strokeDash=[4, 3], strokeWidth=1)
    return line.encode(x=_time(), y=_share(), color=_colour())


def _polls(polls: Sequence[Poll], stances: Sequence[str]) -> list[alt.Chart]:
    rows = [
        {
            "starts": (poll.starts + (poll.ends - poll.starts) / 2).isoformat(),
            "stance": stance,
            "share": share,
            "low": max(0.0, share - (poll.margin or 0.0)),
            "high": min(1.0, share + (poll.margin or 0.0)),
            "poll": f"{poll.pollster}: {poll.question}",
        }
        for poll in polls
        for stance, share in poll.shares.items()
        if stance in stances
    ]
    if not rows:
        return []
    base = alt.Chart(alt.Data(values=rows)).encode(x=_time(), color=_colour(), tooltip="poll:N")
    margin = base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q"), y2="high:Q")
    return [margin, base.mark_point(shape="diamond", filled=True, size=110, opacity=1).encode(y=_share())]


def _events(events: Sequence[tuple[dt.date, str]]) -> list[alt.Chart]:
    rows = [{"starts": day.isoformat(), "event": name} for day, name in events]
    base = alt.Chart(alt.Data(values=rows)).encode(x=_time(), tooltip="event:N")
    label = base.mark_text(angle=270, align="right", dx=-4, dy=-5, fontSize=9, color="#555555")
    return [base.mark_rule(strokeDash=[2, 2], color="#999999"), label.encode(y=alt.value(0), text="event:N")]
