"""Trends: the share of each stance over time, raw and smoothed, with polls and events; as a chart and as a table."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from analysis.charts import panels, trend_chart
from analysis.trends import smooth_shares
from dashboard.access.visitor import visitor
from dashboard.rendering import render, words_for
from dashboard.selection import Selection, comparable_polls, known_target, selection, series
from dashboard.state import State, state_of
from dashboard.words import Words
from storage.users import User

router = APIRouter()
ChartForm = Literal["json", "svg", "png"]
_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
Chosen = Annotated[Selection, Depends(selection)]
Smooth = Annotated[bool, Query(description="Draw the level behind the noise of single periods.")]


@router.get("/trends/", response_class=HTMLResponse)
def first_target(request: Request, _: Annotated[User, Depends(visitor)]) -> Response:
    """The trends of the first configured target."""
    return RedirectResponse(f"/trends?target={state_of(request).settings.targets[0].id}", 303)


@router.get("/trends", response_class=HTMLResponse)
def trends(
    request: Request, chosen: Chosen, who: Annotated[User, Depends(visitor)], smooth: Smooth = False
) -> Response:
    """A selection as a chart, with the numbers under it."""
    state = state_of(request)
    target = known_target(state.settings, chosen.target)
    frame = _frame(state, chosen)
    told = frame.sort("starts", "value", "stance", descending=[True, False, False])
    extra = {"smooth": "true" if smooth else None}
    return render(
        request,
        "trends.html",
        user=who,
        page="trends",
        chosen=chosen,
        target=target,
        targets=state.settings.targets,
        smooth=smooth,
        rows=told.head(120).to_dicts(),
        n_rows=told.height,
        chart=chosen.address("/trends/chart.json", target=chosen.target, **extra),
        picture=chosen.address("/trends/chart.svg", target=chosen.target, **extra),
        png=chosen.address("/trends/chart.png", target=chosen.target, **extra),
        csv=chosen.address("/api/v1/trends.csv", target=chosen.target),
        values=sorted(set(frame["value"].to_list()) - {""}) if chosen.group != "all" else [],
    )


@router.get("/trends/chart.{form}")
def chart(
    request: Request, form: ChartForm, chosen: Chosen, _: Annotated[User, Depends(visitor)], smooth: Smooth = False
) -> Response:
    """The chart as Vega-Lite, SVG or PNG: what the page shows."""
    state, words = state_of(request), words_for(request)
    known_target(state.settings, chosen.target)
    _model, version = state.current()
    key = ("chart", form, version, chosen, smooth, words.language)
    body = state.kept(key, lambda: _drawn(state, chosen, smooth, words, form))
    return Response(body, media_type=_TYPES.get(form, "application/json"))


def _frame(state: State, chosen: Selection) -> pl.DataFrame:
    model, version = state.current()

    def read() -> pl.DataFrame:
        with state.read() as c:
            return series(c, chosen, model)

    return state.kept(("series", version, chosen), read)


def _drawn(state: State, chosen: Selection, smooth: bool, words: Words, form: ChartForm) -> bytes:
    specification = _chart(state, chosen, smooth, words, wide=form == "json").to_dict()
    if form == "json":
        return json.dumps(specification, ensure_ascii=False).encode()
    import vl_convert

    if form == "svg":
        return vl_convert.vegalite_to_svg(specification).encode()
    return bytes(vl_convert.vegalite_to_png(specification, scale=2))


def _chart(state: State, chosen: Selection, smooth: bool, words: Words, *, wide: bool) -> Any:
    frame = _frame(state, chosen)
    if frame.filter(pl.col("share").is_not_null()).is_empty():
        raise HTTPException(404, words("trends.nothing"))
    frame = frame.with_columns(link=_links(frame, chosen))
    if chosen.group != "all":
        kind = "narrative" if chosen.group == "narrative" else chosen.group
        labelled = frame.with_columns(
            label=pl.col("value").map_elements(lambda value: words.named(kind, value), return_dtype=pl.String)
        )
        return panels(labelled, words=words.chart())
    level = None
    if smooth:
        full = frame.with_columns(model=pl.lit(""))
        level, _ = smooth_shares(full, chosen.by, state.settings.monitor.estimate.confidence)
        level = level.select(
            "starts", "stance", share="smoothed", low="smoothed_low", high="smoothed_high"
        ).drop_nulls()
    with state.read() as c:
        polls = comparable_polls(c, chosen)
    events = [
        (event.date, event.name)
        for event in state.settings.events
        if not event.targets or chosen.target in event.targets
    ]
    return trend_chart(
        frame,
        polls=polls,
        events=events,
        smoothed=level if level is not None and level.height else None,
        width="container" if wide else 860,
        words=words.chart(),
    )


def _links(frame: pl.DataFrame, chosen: Selection) -> pl.Series:
    addresses = [
        chosen.posts_address(row["period"], row["value"], row["stance"])
        for row in frame.select("period", "value", "stance").iter_rows(named=True)
    ]
    return pl.Series("link", addresses, dtype=pl.String)
