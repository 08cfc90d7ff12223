"""What a trend is laid beside: published polls and dated events."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

import altair as alt

from analysis.charts.theme import INK, MUTED, inline, share_axis, stance_colour, time_axis
from analysis.charts.words import ChartWords
from storage.records import Poll

_ROW_HEIGHT = 15
_LONGEST = 44
# The width of a letter as a part of the plot's usual width.
_LETTER = 6.2 / 760


def poll_layers(polls: Sequence[Poll], stances: Sequence[str], words: ChartWords) -> list[alt.Chart]:
    """A diamond for each published share, outlined so that it stands out on a ribbon, with its margin as a bar."""
    rows = [
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
    if not rows:
        return []
    tips = [
        alt.Tooltip("poll:N", title=words.poll),
        alt.Tooltip("dates:N", title=words.period),
        alt.Tooltip("share:Q", format=".1%", title=words.share),
    ]
    base = alt.Chart(inline(rows)).encode(x=time_axis(), color=stance_colour(), tooltip=tips)
    margin = base.mark_rule(strokeWidth=2).encode(y=share_axis(field="low"), y2=alt.Y2("high:Q"))
    diamond = base.mark_point(shape="diamond", filled=True, size=140, opacity=1, stroke=INK, strokeWidth=1)
    return [margin, diamond.encode(y=share_axis())]


def event_layers(
    events: Sequence[tuple[dt.date, str]], first: dt.date, last: dt.date, words: ChartWords
) -> list[alt.Chart]:
    """A rule at each event from `first` to `last`, with its name above the plot, on a row where it meets no other.

    What follows a semicolon or a bracket is left to the tooltip, as is what is too long.
    """
    shown = sorted(one for one in events if first <= one[0] <= last)
    if not shown:
        return []
    rows = [
        {"starts": day.isoformat(), "event": name, "label": label, "late": late, "y": -6 - _ROW_HEIGHT * row}
        for (day, name), label, late, row in _placed(shown, first, last)
    ]
    tips = [alt.Tooltip("event:N", title=words.event), alt.Tooltip("starts:N", title=words.day)]
    base = alt.Chart(inline(rows)).encode(x=time_axis(), tooltip=tips)
    labels = [
        alt.Chart(alt.Data(values=[row]))
        .mark_text(align="right" if row["late"] else "left", fontSize=11, color=MUTED, baseline="bottom")
        .encode(x=time_axis(), tooltip=tips, y=alt.YValue(row["y"]), text=alt.Text("label:N"))
        for row in rows
    ]
    return [base.mark_rule(strokeDash=[2, 3], color=MUTED, opacity=0.7), *labels]


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
