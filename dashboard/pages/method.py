"""Method: in plain words what is measured, of whom, and what it cannot say."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from dashboard.access.visitor import visitor
from dashboard.rendering import render
from storage.users import User

router = APIRouter()


@router.get("/method", response_class=HTMLResponse)
def method(request: Request, who: Annotated[User, Depends(visitor)]) -> Response:
    """The page to read before quoting a number."""
    return render(request, "method.html", user=who, page="method")
