"""/metrics for Prometheus, where monitor.yaml says so."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import Response

from dashboard.access.visitor import NotSignedIn, visitor
from dashboard.metrics import CONTENT_TYPE, text
from dashboard.state import state_of
from storage.users import User

router = APIRouter()


def _reader(request: Request) -> User:
    """Whoever may read the page; a program that may not is told so, and not sent to a form."""
    try:
        return visitor(request)
    except NotSignedIn:
        remedy = "send a token: Authorization: Bearer … (pikir tokens add)"
        raise HTTPException(401, remedy, headers={"www-authenticate": "Bearer"}) from None


@router.get("/metrics")
def metrics(request: Request, _user: Annotated[User, Depends(_reader)]) -> Response:
    """The figures in Prometheus' text format; 404 unless `metrics: {dashboard: true}`."""
    state = state_of(request)
    if not state.settings.monitor.metrics.dashboard:
        raise HTTPException(404, "not found")
    return Response(text(state.observed), media_type=CONTENT_TYPE)
