"""Signing in and out."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.access.passwords import matches, new_secret
from dashboard.access.visitor import COOKIE, address, form
from dashboard.rendering import render, set_cookie, words_for
from dashboard.state import state_of
from storage.users import end_session, start_session
from storage.users import user as read_user

router = APIRouter()


@router.get("/login", response_class=HTMLResponse)
def ask(request: Request, next: str = "/") -> HTMLResponse:
    """The form to sign in."""
    return render(request, "login.html", next=_inside(next), problem="")


@router.post("/login")
def sign_in(request: Request, fields: Annotated[dict[str, str], Depends(form)]) -> Response:
    """Start a session under a new secret, or say that name or password is wrong: never which."""
    state, words = state_of(request), words_for(request)
    name, target = fields.get("name", "")[:200], _inside(fields.get("next", "/"))
    keys = (f"name:{name}", f"from:{address(request)}")
    if wait := state.throttle.wait(*keys):
        problem = words("common.wait", n=math.ceil(wait))
        answer = render(request, "login.html", status=429, next=target, problem=problem)
        answer.headers["retry-after"] = str(math.ceil(wait))
        return answer
    with state.read() as c:
        known = read_user(c, name)
    if not matches(fields.get("password", "")[:1000], known.password if known else None) or known is None:
        state.throttle.failed(*keys)
        return render(request, "login.html", status=401, next=target, problem=words("common.failed"))
    state.throttle.succeeded(keys[0])
    secret, hours = new_secret(), state.settings.monitor.dashboard.session_hours
    with state.write() as c:
        end_session(c, request.cookies.get(COOKIE, ""))
        start_session(c, secret, known.name, dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours))
    done = RedirectResponse(target, 303)
    set_cookie(done, state, COOKIE, secret, hours * 3600)
    return done


@router.post("/logout")
def sign_out(request: Request, fields: Annotated[dict[str, str], Depends(form)]) -> Response:
    """End the session and forget the cookie."""
    with state_of(request).write() as c:
        end_session(c, request.cookies.get(COOKIE, ""))
    done = RedirectResponse("/login", 303)
    done.delete_cookie(COOKIE, path="/")
    return done


def _inside(address: str) -> str:
    """An address on this page; "/" for one that leads elsewhere."""
    plain = address.startswith("/") and not address.startswith("//") and address.isprintable() and "\\" not in address
    return address if plain else "/"
