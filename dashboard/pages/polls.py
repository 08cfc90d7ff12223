"""Polls: the monitor beside each published poll, level and change, raw and free of the house effect."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import polars as pl
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from analysis.charts import poll_chart
from dashboard.access.visitor import visitor
from dashboard.rendering import render, words_for
from dashboard.state import state_of
from storage.polls import comparison_frame, poll_change_frame
from storage.polls import polls as stored
from storage.users import User

router = APIRouter()


@router.get("/polls", response_class=HTMLResponse)
def polls(request: Request, who: Annotated[User, Depends(visitor)], target: str = "") -> Response:
    """The comparisons, insufficient ones with their reason."""
    state = state_of(request)
    with state.read() as c:
        rows = comparison_frame(c, target or None).to_dicts()
        changes = poll_change_frame(c, target or None).to_dicts()
        known = {poll.poll: poll for poll in stored(c)}
    return render(
        request, "polls.html", user=who, page="polls", target=target, targets=state.settings.targets,
        rows=rows, changes=changes, polls=known,
    )  # fmt: skip


@router.get("/polls/chart.{form}")
def chart(
    request: Request, form: Literal["json", "svg"], _: Annotated[User, Depends(visitor)], target: str = ""
) -> Response:
    """The differences with their intervals."""
    words = words_for(request)
    with state_of(request).read() as c:
        frame = comparison_frame(c, target or None).filter(pl.col("difference").is_not_null())
    if frame.is_empty():
        raise HTTPException(404, words("polls.nothing"))
    drawn = poll_chart(frame.with_columns(label=pl.col("poll")), words=words.chart()).to_dict()
    if form == "json":
        return Response(json.dumps(drawn, ensure_ascii=False), media_type="application/json")
    import vl_convert

    return Response(vl_convert.vegalite_to_svg(drawn), media_type="image/svg+xml")
