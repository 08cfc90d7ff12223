"""The page's charts with a title of their own, since a notebook has no page around them."""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy.engine import Connection

from analysis.charts import panels, poll_chart, trend_chart
from configs.settings import Settings
from dashboard.charts import labelled_polls, largest, smoothed_shares
from dashboard.selection import Selection, comparable_polls, series
from dashboard.words import words_of
from storage.polls import comparison_frame, polls


def trend_figure(c: Connection, settings: Settings, chosen: Selection, model: str, *, smooth: bool) -> Any:
    """The trend of a selection, or small multiples where it is split into a group."""
    words, target = words_of("en"), settings.target(chosen.target)
    frame = series(c, chosen, model)
    level = smoothed_shares(frame, chosen.by, model) if smooth else None
    name = target.title.get("en", target.id)
    title = words(
        "trends.reasons" if chosen.group == "narrative" else "trends.title",
        target=name,
        voices=words(f"voices.{chosen.voices}"),
    )
    base = f"{words(f'among.{chosen.among}')}; by {chosen.by}, 95% interval"
    if chosen.group != "all" and not chosen.value:
        shown = largest(frame, target, words)
        return panels(shown, smoothed=level, title=title, subtitle=f"by {chosen.group}, among {base}")
    beside = comparable_polls(c, chosen)
    told = f"{chosen.value}, among {base}" if chosen.value else f"among {base}"
    events = [(one.date, one.name) for one in settings.events if not one.targets or target.id in one.targets]
    return trend_chart(frame, polls=beside, events=events, smoothed=level, title=title, subtitle=told)


def poll_figure(c: Connection, settings: Settings, target: str, model: str) -> Any:
    """The differences between the monitor and each published poll about a target."""
    words = words_of("en")
    frame = comparison_frame(c, target).filter(pl.col("model") == model)
    name = settings.target(target).title.get("en", target)
    return poll_chart(
        labelled_polls(frame, polls(c, target), words),
        title=f"{name}: the monitor beside published polls",
        subtitle="point: difference in percentage points; bar: 95% interval, with the error of both",
    )
