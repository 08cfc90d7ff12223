"""Alerts: what jumped and why; acknowledge, write a note, mute."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from sqlalchemy.engine import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerts.charts import alert_series
from alerts.messages import message
from analysis.spike_chart import PNG_SCALE as ALERT_SCALE
from dashboard.access.visitor import form, operator, visitor
from dashboard.answers import MEDIA
from dashboard.delimited import csv_text
from dashboard.drawing import helper
from dashboard.rendering import is_simulated, kept_page, language_of
from dashboard.selection import instants
from dashboard.state import State, state_of
from dashboard.words import Language, words_of
from storage import alerts as store
from storage.errors import UnknownAlert
from storage.records import Alert, AlertState
from storage.users import User

router = APIRouter()
Form = Annotated[dict[str, str], Depends(form)]
Operator = Annotated[User, Depends(operator)]
PAGE = 100
_SERIES_COLUMNS = ("time", "observed", "expected", "upper", "alert")
_LONGEST_NOTE, _MOST_HOURS = 2000, 24 * 90


@router.get("/alerts", response_class=HTMLResponse)
def listing(
    request: Request,
    user: Annotated[User, Depends(visitor)],
    state: AlertState | None = None,
    page: Annotated[int, Query(ge=1, le=10**6)] = 1,
) -> Response:
    """Alerts, the newest first, a hundred on a page, and what is muted."""

    def shown() -> dict[str, Any]:
        with state_of(request).read() as c:
            found = store.listed_alerts(c, state=state, limit=PAGE, offset=PAGE * (page - 1))
            more = store.count_alerts(c, state) > PAGE * page
            muted = store.mutes(c, dt.datetime.now(dt.UTC))
        titles = alert_titles(state_of(request), language_of(request), found)
        return {"found": found, "muted": muted, "state": state, "titles": titles, "more": page + 1 if more else None}

    return kept_page(request, "alerts.html", shown, user=user, page="alerts", of=("alerts",), minutes=True)


@router.get("/alerts/{id}", response_class=HTMLResponse)
def one(request: Request, user: Annotated[User, Depends(visitor)], id: int) -> Response:
    """One alert with its explanation, its notes, and the way to its posts."""
    state = state_of(request)

    def shown() -> dict[str, Any]:
        with state.read() as c:
            found = _alert(c, id)
            muted = store.muted(found, store.mutes(c, dt.datetime.now(dt.UTC)))
        told = message(_bare(state, found), language_of(request), target_title=_title(state, request, found))
        return {
            "alert": found,
            "told": told,
            "muted": muted,
            "evidence": _evidence(state, found),
            "chart": bool(found.explanation.get("series")),
        }

    return kept_page(request, "alert.html", shown, user=user, page="alerts", of=("alerts",), minutes=True)


@router.get("/alerts/{id}/chart.{form}")
def chart(
    request: Request, user: Annotated[User, Depends(visitor)], id: int, form: Literal["csv", "json", "svg", "png"]
) -> Response:
    """The series around the alert: its numbers, its Vega-Lite specification, or a picture."""
    state = state_of(request)
    with state.read() as c:
        found = _alert(c, id)
    series = found.explanation.get("series")
    if not series:
        raise HTTPException(404, "this alert keeps no series to draw")
    if form == "csv":
        return Response(csv_text(series, _SERIES_COLUMNS), media_type=MEDIA["csv"])
    language = language_of(request)

    def drawn() -> bytes:
        chart = alert_series(found, language, _title(state, request, found), titled=False)
        spec: bytes = chart.to_json().encode()
        return spec if form == "json" else helper.draw(spec, form, scale=ALERT_SCALE)

    content = state.pictures.get(("alert", id, language, form), state.mark("alerts"), drawn)
    return Response(content, media_type=MEDIA[form], headers={"cache-control": "private, max-age=60"})


@router.post("/alerts/{id}/acknowledge")
def acknowledge(request: Request, user: Operator, fields: Form, id: int) -> RedirectResponse:
    """Somebody has taken note."""
    with state_of(request).write() as c:
        _alert(c, id)
        store.acknowledge(c, id, user.name, fields.get("note", "")[:_LONGEST_NOTE].strip())
    return RedirectResponse(f"/alerts/{id}", 303)


@router.post("/alerts/{id}/note")
def note(request: Request, user: Operator, fields: Form, id: int) -> RedirectResponse:
    """What the next person should know."""
    with state_of(request).write() as c:
        _alert(c, id)
        try:
            store.annotate_alert(c, id, user.name, fields.get("note", "")[:_LONGEST_NOTE])
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
    return RedirectResponse(f"/alerts/{id}", 303)


@router.post("/alerts/{id}/mute")
def mute(request: Request, user: Operator, fields: Form, id: int) -> RedirectResponse:
    """Nothing is sent about the rule for so many hours."""
    hours = fields.get("hours", "")
    if not hours.isascii() or not hours.isdigit() or len(hours) > 6 or not 1 <= int(hours) <= _MOST_HOURS:
        raise HTTPException(422, f"hours={hours[:20]!r}: give a whole number from 1 to {_MOST_HOURS}")
    with state_of(request).write() as c:
        until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=int(hours))
        store.mute(c, _alert(c, id).rule, until, user.name, fields.get("note", "")[:_LONGEST_NOTE])
    return RedirectResponse(f"/alerts/{id}", 303)


def alert_titles(state: State, language: Language, found: Iterable[Alert]) -> dict[int, str]:
    """What each stored alert is called in the messages about it, by its id; its rule where no message can be made."""
    names = {one.id: words_of(language).title(one.title, one.id) for one in state.settings.targets}
    told = {}
    for one in found:
        if one.kind == "coverage" and not one.explanation.get("sources"):
            # A list reads no explanations, and only they say which trouble it is.
            told[one.id or 0] = f"{one.rule}: {one.value}" if one.value else one.rule
            continue
        try:
            told[one.id or 0] = message(
                _bare(state, one), language, target_title=names.get(one.target, one.target)
            ).title
        except Exception:
            # What another version explained may not fit the template; the list still shows the alert.
            told[one.id or 0] = f"{one.rule}: {one.value}" if one.value else one.rule
    return told


def _bare(state: State, found: Alert) -> Alert:
    """The alert without its label "simulated" where every page says so above it."""
    return replace(found, explanation={**found.explanation, "simulated": None}) if is_simulated(state) else found


def _alert(c: Connection, id: int) -> Alert:
    # A number beyond 64 bits is none that the database could hold.
    if not 0 < id < 2**63:
        raise HTTPException(404, f"there is no alert {id}")
    try:
        return store.alert(c, id)
    except UnknownAlert as error:
        raise HTTPException(404, str(error)) from None


def _title(state: State, request: Request, found: Alert) -> str:
    titles = {one.id: one.title for one in state.settings.targets}.get(found.target, {})
    return titles.get(language_of(request)) or titles.get("en", found.target)


def _evidence(state: State, found: Alert) -> str:
    """The address of the posts of its window; "" where the window is no period."""
    try:
        instants(state.settings, found.window)
    except HTTPException:
        return ""
    grouped = {found.group: found.value} if found.group in ("source", "language", "region", "narrative") else {}
    return "/posts?" + urlencode({"target": found.target, "period": found.window, **grouped})
