"""Sources: what was collected, day by day, what is missing, and why."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from analysis.charts import coverage_chart
from dashboard.access.visitor import visitor
from dashboard.rendering import render, words_for
from dashboard.source_rows import source_rows
from dashboard.state import state_of
from storage.coverage import coverage_frame
from storage.users import User

router = APIRouter()


@router.get("/sources", response_class=HTMLResponse)
def sources(request: Request, who: Annotated[User, Depends(visitor)]) -> Response:
    """The table that `pikir sources` prints, and a calendar."""
    with state_of(request).read() as c:
        rows = source_rows(c, dt.datetime.now(dt.UTC))
    return render(request, "sources.html", user=who, page="sources", rows=rows)


@router.get("/sources/chart.{form}")
def chart(request: Request, form: Literal["json", "svg"], _: Annotated[User, Depends(visitor)]) -> Response:
    """The calendar: a row a source, a cell a day."""
    words = words_for(request)
    with state_of(request).read() as c:
        frame = coverage_frame(c)
    if frame.is_empty():
        raise HTTPException(404, words("chart.nothing"))
    drawn = coverage_chart(frame, words=words.chart()).to_dict()
    if form == "json":
        return Response(json.dumps(drawn, ensure_ascii=False), media_type="application/json")
    import vl_convert

    return Response(vl_convert.vegalite_to_svg(drawn), media_type="image/svg+xml")
