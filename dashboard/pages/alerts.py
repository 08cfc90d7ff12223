"""Alerts: what was raised, why, and what people did about it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dashboard.access.visitor import form, operator, visitor
from dashboard.rendering import render, with_query
from dashboard.state import State, state_of
from storage.alerts import acknowledge, alert, alerts, annotate_alert, mute, mutes
from storage.errors import UnknownAlert
from storage.outbox import deliveries
from storage.records import Alert
from storage.users import User

router = APIRouter()
_LONGEST_MUTE = 366


@router.get("/alerts", response_class=HTMLResponse)
def listed(request: Request, who: Annotated[User, Depends(visitor)]) -> Response:
    """All alerts, the latest first."""
    with state_of(request).read() as c:
        found = sorted(alerts(c), key=lambda one: (one.window, one.id or 0), reverse=True)
        active = mutes(c, dt.datetime.now(dt.UTC))
    return render(request, "alerts.html", user=who, page="alerts", alerts=found, mutes=active)


@router.get("/alerts/{number}", response_class=HTMLResponse)
def one(request: Request, number: int, who: Annotated[User, Depends(visitor)]) -> Response:
    """One alert with its explanation."""
    state = state_of(request)
    found = _found(state, number)
    with state.read() as c:
        sent = deliveries(c, number)
    return render(
        request, "alert.html", user=who, page="alerts", alert=found, told=found.explanation, sent=sent,
        posts=_posts_address(found),
    )  # fmt: skip


@router.post("/alerts/{number}/{action}")
def act(
    request: Request,
    number: int,
    action: str,
    fields: Annotated[dict[str, str], Depends(form)],
    who: Annotated[User, Depends(operator)],
) -> Response:
    """Acknowledge an alert, write a note beside it, or mute its rule for some days."""
    state = state_of(request)
    found = _found(state, number)
    note = fields.get("note", "").strip()[:2000]
    with state.write() as c:
        if action == "acknowledge":
            acknowledge(c, number, who.name, note)
        elif action == "note" and note:
            annotate_alert(c, number, who.name, note)
        elif action == "mute":
            days = fields.get("days", "7")
            if not days.isdigit() or not 1 <= int(days) <= _LONGEST_MUTE:
                raise HTTPException(422, f"a mute lasts 1 to {_LONGEST_MUTE} days")
            until = dt.datetime.now(dt.UTC) + dt.timedelta(days=int(days))
            mute(c, found.rule if found.kind == "opinion" else found.value, until, who.name, note)
        else:
            raise HTTPException(422, "nothing was said: write a note, acknowledge, or mute")
    return RedirectResponse(f"/alerts/{number}", 303)


def _found(state: State, number: int) -> Alert:
    try:
        with state.read() as c:
            return alert(c, number)
    except UnknownAlert as error:
        raise HTTPException(404, str(error)) from None


def _posts_address(found: Alert) -> str:
    if found.kind != "opinion":
        return with_query("/posts", {"source": found.value})
    stance = found.measure if found.measure in ("against", "favor") else None
    wanted: dict[str, Any] = {"target": found.target, "stance": stance, "period": found.window}
    if found.group != "all":
        wanted[found.group] = found.value
    return with_query("/posts", wanted)
