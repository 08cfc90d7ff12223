"""The page's charts as Vega-Lite specifications, and the same as SVG and PNG for readers without scripts.

A specification is kept as packed JSON: that is a tenth of its size, and what browsers take.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import replace

import polars as pl
from altair.utils.schemapi import disable_debug_mode
from sqlalchemy.engine import Connection

from analysis.charts import coverage_chart, panels, poll_chart, specification, trend_chart
from analysis.trends.shares import smooth_shares
from configs.settings import TargetSettings
from dashboard.answers import MEDIA
from dashboard.drawing import Form, helper
from dashboard.selection import Selection, comparable_polls, known_target, latest_starts, series
from dashboard.state import State
from dashboard.words import Language, Words, words_of
from storage.coverage import coverage_frame
from storage.polls import comparison_frame, polls
from storage.records import Period, Poll

Packed = bytes
"""JSON, gzipped."""
_MOST_PANELS = 24
_MOST_DAYS_IN_A_PANEL = 366
_VOICES = {"against": "against", "neutral": "neutral", "favor": "favor"}
_ANY_PERIOD = "period-of-the-row"

# What Altair would check anew in every chart of the server is checked by the tests.
disable_debug_mode()


def trend_spec(state: State, words: Words, chosen: Selection, smoothed: bool) -> Packed:
    """The trend of a selection: one chart, or small multiples where it is split into a group."""

    def make() -> Packed:
        split = chosen.group != "all" and not chosen.value
        with state.read() as c:
            model = state.model_in(c)
            shown = _recent(c, chosen, model) if split else chosen
            # What a level was before the year that is shown is a part of it.
            frame = series(c, chosen if smoothed else shown, model)
            beside = comparable_polls(c, chosen)
        level, told = smoothed_shares(frame, chosen.by, model) if smoothed else None, words.chart()
        linked = _linked(frame.filter(pl.col("starts") >= shown.first) if shown != chosen else frame, chosen)
        if split:
            most = largest(linked, known_target(state.settings, chosen.target), words)
            return packed(specification(lambda: panels(most, smoothed=level, words=told), told))
        events = [(e.date, e.name) for e in state.settings.events if not e.targets or chosen.target in e.targets]
        return packed(
            specification(
                lambda: trend_chart(linked, polls=beside, events=events, smoothed=level, width=760, words=told), told
            )
        )

    return state.kept.get(("trend", words.language, chosen, smoothed), state.mark("results"), make)


def poll_spec(state: State, words: Words, target: str) -> Packed:
    """The differences between the monitor and each published poll about a target."""

    def make() -> Packed:
        with state.read() as c:
            frame = comparison_frame(c, target).filter(pl.col("model") == state.model_in(c))
            labelled, told = labelled_polls(frame, polls(c, target), words), words.chart()
        return packed(specification(lambda: poll_chart(labelled, words=told), told))

    return state.kept.get(("polls", words.language, target), state.mark("results"), make)


def coverage_spec(state: State, words: Words) -> Packed:
    """What was collected, as a calendar."""

    def make() -> Packed:
        with state.read() as c:
            frame, told = coverage_frame(c), words.chart()
        return packed(specification(lambda: coverage_chart(frame, words=told), told))

    return state.kept.get(("coverage", words.language), state.mark("coverage"), make)


def drawn(state: State, spec: Packed, form: str) -> tuple[bytes, str]:
    """A specification as svg or png, with its media type."""

    def make() -> bytes:
        picture: Form = "png" if form == "png" else "svg"
        return helper.draw(gzip.decompress(spec), picture, scale=2)

    key = ("drawn", form, hashlib.sha256(spec).digest())
    return state.pictures.get(key, (), make), MEDIA[form]


def packed(text: bytes) -> Packed:
    """JSON, packed; the same text gives the same bytes."""
    return gzip.compress(text, compresslevel=5, mtime=0)


def narrative_titles(target: TargetSettings, language: Language) -> dict[str, str]:
    """What the narratives of a target are called."""
    return {one.name: words_of(language).title(one.title, one.name) for one in target.narratives}


def _linked(frame: pl.DataFrame, chosen: Selection) -> pl.DataFrame:
    """The frame with the address of the posts behind each row: made once for a value and stance, then filled in."""
    forms: dict[tuple[str, str], list[str]] = {}
    links = []
    for value, stance, period in zip(frame["value"], frame["stance"], frame["period"], strict=True):
        if (value, stance) not in forms:
            form = chosen.posts_address(_ANY_PERIOD, value, _VOICES.get(stance))  # type: ignore[arg-type]
            forms[value, stance] = form.split(_ANY_PERIOD)
        links.append(period.join(forms[value, stance]))
    return frame.with_columns(pl.Series("link", links, dtype=pl.String))


def _recent(c: Connection, chosen: Selection, model: str) -> Selection:
    """Small multiples of days: the last year, unless the address says from when; a panel has no more pixels."""
    if chosen.by != "day" or chosen.first:
        return chosen
    last = latest_starts(c, chosen, model, 1)
    return replace(chosen, first=last[0] - dt.timedelta(days=_MOST_DAYS_IN_A_PANEL - 1)) if last else chosen


def largest(frame: pl.DataFrame, target: TargetSettings, words: Words) -> pl.DataFrame:
    """The groups with the most posts, called by their names (`label`)."""
    order = frame.group_by("value").agg(pl.col("n_posts").sum()).sort("n_posts", "value", descending=[True, False])
    kept = order["value"].head(_MOST_PANELS)
    titles = narrative_titles(target, words.language)
    names = {value: titles.get(value) or words.language_name(value) or "–" for value in kept}
    return frame.filter(pl.col("value").is_in(kept.implode())).with_columns(label=pl.col("value").replace(names))


def labelled_polls(comparisons: pl.DataFrame, known: Sequence[Poll], words: Words) -> pl.DataFrame:
    """Comparisons with question (its words, and who asked) and label (when), ordered by them."""
    questions = {one.poll: f"{one.question} ({one.pollster})" for one in known}
    days = {one.poll: words.day(one.ends) for one in known}
    named = comparisons.with_columns(question=pl.col("poll").replace(questions), label=pl.col("poll").replace(days))
    # Questions of which something can be said come first.
    known_first = pl.col("difference").is_null().all().over("question")
    return named.sort(known_first, "question", "ends", "stance", maintain_order=True)


def smoothed_shares(frame: pl.DataFrame, by: Period, model: str) -> pl.DataFrame | None:
    """The level behind a frame of `series`, as charts take it; None where no series has two periods."""
    level, _ = smooth_shares(frame.with_columns(model=pl.lit(model)), by, steps=False)
    ends = {"share": "smoothed", "low": "smoothed_low", "high": "smoothed_high"}
    shown = level.select("value", "starts", "stance", **ends).drop_nulls()
    return shown if shown.height else None
