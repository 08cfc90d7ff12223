"""What a trend is laid beside: published polls and dated events."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Any

import altair as alt

from analysis.charts.theme import INK, MUTED, share_axis, stance_colour, time_axis
from analysis.charts.words import ChartWords
from storage.records import Poll

_ROW_HEIGHT = 15
_LONGEST = 44
# The width of a letter as a part of the plot's usual width.
_LETTER = 6.2 / 760


def poll_rows(polls: Sequence[Poll], stances: Sequence[str]) -> list[dict[str, Any]]:
    """A row for each published share of these stances, with its margin."""
    return [
        {
            "starts": (poll.starts + (poll.ends - poll.starts) / 2).isoformat(),
            "stance": stance,
            "share": share,
            "low": max(0.0, share - (poll.margin or 0.0)),
            "high": min(1.0, share + (poll.margin or 0.0)),
            "poll": f"{poll.pollster}: {poll.question}",
            "dates": f"{poll.starts} – {poll.ends}",
        }
        for poll in polls
        for stance, share in poll.shares.items()
        if stance in stances
    ]


def poll_layers(data: Any, words: ChartWords) -> list[alt.Chart]:
    """A diamond for each of `poll_rows`, outlined so that it stands out on a ribbon, with its margin as a bar."""
    tips = [
        alt.Tooltip("poll:N", title=words.poll),
        alt.Tooltip("dates:N", title=words.period),
        alt.Tooltip("share:Q", format=".1%", title=words.share),
    ]
    base = alt.Chart(data).encode(x=time_axis(), color=stance_colour(), tooltip=tips)
    margin = base.mark_rule(strokeWidth=2).encode(y=share_axis(field="low"), y2=alt.Y2("high:Q"))
    diamond = base.mark_point(shape="diamond", filled=True, size=140, opacity=1, stroke=INK, strokeWidth=1)
    return [margin, diamond.encode(y=share_axis())]


def event_rows(events: Sequence[tuple[dt.date, str]], first: dt.date, last: dt.date) -> list[dict[str, Any]]:
    """A row for each event from `first` to `last`: when, its name, a label for it, and where that stands.

    What follows a semicolon or a bracket is left out of the label, as is what is too long. `y`: pixels below the top,
    on a row where the label meets no other. `late`: it ends at the event instead of beginning there.
    """
    shown = sorted(one for one in events if first <= one[0] <= last)
    return [
        {"starts": day.isoformat(), "event": name, "label": label, "late": late, "y": -6 - _ROW_HEIGHT * row}
        for (day, name), label, late, row in _placed(shown, first, last)
    ]


def event_layers(data: Any, words: ChartWords) -> list[alt.Chart]:
    """A rule at each of `event_rows`, with its label above the plot."""
    tips = [alt.Tooltip("event:N", title=words.event), alt.Tooltip("starts:N", title=words.day)]
    base = alt.Chart(data).encode(x=time_axis(), tooltip=tips)
    # The row is told in pixels: it has no part in the scale of the shares.
    named = base.encode(y=alt.Y("y:Q", scale=None, axis=None), text=alt.Text("label:N"))
    early, late = named.transform_filter("!datum.late"), named.transform_filter("datum.late")
    return [
        base.mark_rule(strokeDash=[2, 3], color=MUTED, opacity=0.7),
        early.mark_text(align="left", fontSize=11, color=MUTED, baseline="bottom"),
        late.mark_text(align="right", fontSize=11, color=MUTED, baseline="bottom"),
    ]


def _placed(
    events: Sequence[tuple[dt.date, str]], first: dt.date, last: dt.date
) -> Iterator[tuple[tuple[dt.date, str], str, bool, int]]:
    """Each event with its label, whether the label ends at the rule instead of beginning there, and its row."""
    taken: list[list[tuple[float, float]]] = []
    for day, name in events:
        label = re.split(r"[;:(]", name)[0].strip()
        label = label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"
        place, width = (day - first) / max(last - first, dt.timedelta(days=1)), len(label) * _LETTER
        late = place + width > 1
        span = (place - width, place) if late else (place, place + width)
        row = next(
            (r for r, there in enumerate(taken) if all(span[1] < a or b < span[0] for a, b in there)), len(taken)
        )
        taken[row:] = [[*taken[row], span] if row < len(taken) else [span], *taken[row + 1 :]]
        yield (day, name), label, late, row
