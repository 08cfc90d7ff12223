"""Charts by their own address: as a Vega-Lite specification, as SVG, as PNG."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dashboard.access.visitor import visitor
from dashboard.answers import packed_answer
from dashboard.charts import Packed, coverage_spec, drawn, poll_spec, trend_spec
from dashboard.rendering import words_for
from dashboard.selection import Selection, known_target, selection
from dashboard.state import state_of

router = APIRouter(prefix="/charts", dependencies=[Depends(visitor)])
Drawn = Literal["json", "svg", "png"]


@router.get("/trend/{target}.{form}")
def trend(
    request: Request, chosen: Annotated[Selection, Depends(selection)], form: Drawn, smooth: bool = False
) -> Response:
    """The chart of the page Trends."""
    known_target(state_of(request).settings, chosen.target)
    return _answer(request, trend_spec(state_of(request), words_for(request), chosen, smooth), form)


@router.get("/polls/{target}.{form}")
def polls(request: Request, target: str, form: Drawn) -> Response:
    """The chart of the page Polls."""
    known_target(state_of(request).settings, target)
    return _answer(request, poll_spec(state_of(request), words_for(request), target), form)


@router.get("/coverage.{form}")
def coverage(request: Request, form: Drawn) -> Response:
    """The calendar of the page Sources."""
    return _answer(request, coverage_spec(state_of(request), words_for(request)), form)


def _answer(request: Request, spec: Packed, form: Drawn) -> Response:
    if form == "json":
        return packed_answer(request, spec)
    content, media = drawn(state_of(request), spec, form)
    return Response(content, media_type=media, headers={"cache-control": "private, no-cache"})
