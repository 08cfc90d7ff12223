"""The page's charts as Vega-Lite specifications, and the same as SVG and PNG for readers without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import polars as pl
import vl_convert

from analysis.charts import coverage_chart, panels, poll_chart, trend_chart
from analysis.trends.shares import smooth_shares
from configs.settings import TargetSettings
from dashboard.selection import Selection, comparable_polls, known_target, series
from dashboard.state import State
from dashboard.words import Words
from storage.coverage import coverage_frame
from storage.polls import comparison_frame, polls
from storage.records import Period, Poll

Spec = dict[str, Any]
_SNIPPET = "window.vegaEmbed = vegaEmbed;"
_MOST_PANELS = 24
_VOICES = {"against": "against", "neutral": "neutral", "favor": "favor"}


def trend_spec(state: State, words: Words, chosen: Selection, smoothed: bool) -> Spec:
    """The trend of a selection: one chart, or small multiples where it is split into a group."""
    model, version = state.current()

    def make() -> Spec:
        with state.read() as c:
            frame = series(c, chosen, model)
            beside = comparable_polls(c, chosen)
        target = known_target(state.settings, chosen.target)
        linked = _linked(frame, chosen)
        level = smoothed_shares(frame, chosen.by, model) if smoothed else None
        if chosen.group != "all" and not chosen.value:
            return _as_dict(panels(largest(linked, target, words), smoothed=level, words=words.chart()))
        events = [(e.date, e.name) for e in state.settings.events if not e.targets or chosen.target in e.targets]
        drawn = trend_chart(linked, polls=beside, events=events, smoothed=level, width=760, words=words.chart())
        return _as_dict(drawn)

    return state.kept(("trend", words.language, chosen, smoothed, version), make)


def poll_spec(state: State, words: Words, target: str) -> Spec:
    """The differences between the monitor and each published poll about a target."""
    model, version = state.current()

    def make() -> Spec:
        with state.read() as c:
            frame = comparison_frame(c, target).filter(pl.col("model") == model)
            known = polls(c, target)
        return _as_dict(poll_chart(labelled_polls(frame, known, words), words=words.chart()))

    return state.kept(("polls", words.language, target, version), make)


def coverage_spec(state: State, words: Words) -> Spec:
    """What was collected, as a calendar."""
    with state.read() as c:
        frame = coverage_frame(c)
    return state.kept(
        ("coverage", words.language, frame.height, frame["posts"].sum(), frame["gaps"].sum()),
        lambda: _as_dict(coverage_chart(frame, words=words.chart())),
    )


def drawn(spec: Spec, form: str) -> tuple[bytes, str]:
    """A specification as svg or png, with its media type."""
    if form == "png":
        return vl_convert.vegalite_to_png(spec, scale=2), "image/png"
    return vl_convert.vegalite_to_svg(spec).encode(), "image/svg+xml"


@cache
def script() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; they come with vl-convert."""
    return str(vl_convert.javascript_bundle(_SNIPPET))


def narrative_titles(target: TargetSettings) -> dict[str, str]:
    """What the narratives of a target are called."""
    return {one.name: one.title for one in target.narratives}


def _linked(frame: pl.DataFrame, chosen: Selection) -> pl.DataFrame:
    links = [
        chosen.posts_address(row["period"], row["value"], _VOICES.get(row["stance"]))  # type: ignore[arg-type]
        for row in frame.iter_rows(named=True)
    ]
    return frame.with_columns(link=pl.Series(links, dtype=pl.String))


def largest(frame: pl.DataFrame, target: TargetSettings, words: Words) -> pl.DataFrame:
    """The groups with the most posts, called by their names (`label`)."""
    order = frame.group_by("value").agg(pl.col("n_posts").sum()).sort("n_posts", "value", descending=[True, False])
    kept = order["value"].head(_MOST_PANELS)
    titles = narrative_titles(target)
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
    level, _ = smooth_shares(frame.with_columns(model=pl.lit(model)), by)
    ends = {"share": "smoothed", "low": "smoothed_low", "high": "smoothed_high"}
    shown = level.select("value", "starts", "stance", **ends).drop_nulls()
    return shown if shown.height else None


def _as_dict(chart: Any) -> Spec:
    spec: Spec = chart.to_dict()
    return spec
