"""Signing in and out."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dashboard.access.passwords import matches, new_secret
from dashboard.access.visitor import COOKIE, form
from dashboard.rendering import render, set_cookie, words_for
from dashboard.state import state_of
from storage.users import end_session, start_session, user

router = APIRouter()


@router.get("/sign-in", response_class=HTMLResponse)
def ask(request: Request, next: str = "/") -> Response:
    """The form."""
    return render(request, "sign_in.html", next=_ours(next), message="")


@router.post("/sign-in")
def sign_in(request: Request, fields: Annotated[dict[str, str], Depends(form)]) -> Response:
    """A new session under a new secret (what the browser had before is worth nothing), or why not."""
    state, words = state_of(request), words_for(request)
    name = fields.get("name", "").strip()[:100]
    address = request.client.host if request.client else ""
    keys = f"name:{name}", f"address:{address}"
    if (wait := state.throttle.wait(*keys)) > 0:
        message = words("sign_in.wait", seconds=round(wait) + 1)
        return render(request, "sign_in.html", status=429, next=_ours(fields.get("next", "/")), message=message)
    with state.read() as c:
        known = user(c, name)
    if not matches(fields.get("password", ""), known.password if known else None):
        state.throttle.failed(*keys)
        message = words("sign_in.wrong")
        return render(request, "sign_in.html", status=401, next=_ours(fields.get("next", "/")), message=message)
    state.throttle.succeeded(keys[0])
    secret, hours = new_secret(), state.settings.monitor.dashboard.session_hours
    with state.write() as c:
        start_session(c, secret, name, dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours))
    answer = RedirectResponse(_ours(fields.get("next", "/")), 303)
    set_cookie(answer, state, COOKIE, secret, hours * 3600)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, _: Annotated[dict[str, str], Depends(form)]) -> Response:
    """The session ends here and in the database."""
    state = state_of(request)
    with state.write() as c:
        end_session(c, request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _ours(address: str) -> str:
    """A path of this page; anything else leads to the beginning."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"
