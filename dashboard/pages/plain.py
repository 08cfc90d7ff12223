"""Sources and Method: what was collected, and what the numbers cannot say."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from dashboard.access.visitor import visitor
from dashboard.rendering import kept_page, render
from dashboard.state import state_of
from storage.source_summary import source_rows
from storage.users import User

router = APIRouter()


@router.get("/sources", response_class=HTMLResponse)
def sources(request: Request, user: Annotated[User, Depends(visitor)]) -> HTMLResponse:
    """The coverage calendar and a row for each source."""
    with state_of(request).read() as c:
        rows = source_rows(c, dt.datetime.now(dt.UTC))
    return render(request, "sources.html", user=user, page="sources", rows=rows)


@router.get("/method", response_class=HTMLResponse)
def method(request: Request, user: Annotated[User, Depends(visitor)]) -> Response:
    """The method in plain words, with whom it measures and whom it does not."""
    state = state_of(request)
    return kept_page(
        request, "method.html", lambda: {"model": state.model()}, user=user, page="method", of=("results",)
    )
