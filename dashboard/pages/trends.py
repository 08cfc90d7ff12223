"""Trends: a series with its interval, polls and events, or small multiples; every view is an address."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from configs.settings import TargetSettings
from dashboard.access.visitor import visitor
from dashboard.filters import choices
from dashboard.rendering import kept_page, words_for
from dashboard.selection import Selection, comparable_polls, known_target, latest, selection
from dashboard.state import State, state_of
from dashboard.words import Words
from storage.users import User

router = APIRouter()
_TABLE_PERIODS, _TABLE_ROWS = 12, 200


@router.get("/trends")
def first_trend(request: Request, user: Annotated[User, Depends(visitor)]) -> RedirectResponse:
    """The trend of the first target."""
    targets = state_of(request).settings.targets
    if not targets:
        raise HTTPException(404, "no target is configured: add a file to configs/targets")
    return RedirectResponse(f"/trends/{targets[0].id}", 303)


@router.get("/trends/{target}", response_class=HTMLResponse)
def trends(
    request: Request,
    user: Annotated[User, Depends(visitor)],
    chosen: Annotated[Selection, Depends(selection)],
    smooth: bool = False,
) -> Response:
    """One view with its chart, the forms to change it, and its last periods as a table."""
    state = state_of(request)
    target = known_target(state.settings, chosen.target)
    return kept_page(
        request, "trends.html", lambda: _shown(state, words_for(request), target, chosen, smooth), user=user,
        page="trends", of=("results",),
    )  # fmt: skip


def _shown(state: State, words: Words, target: TargetSettings, chosen: Selection, smooth: bool) -> dict[str, Any]:
    with state.read() as c:
        values = choices(c, words, target).get(chosen.group, [])
        if chosen.value not in dict(values):
            # Split by something else, the series that was looked at is none of the choice.
            chosen = replace(chosen, value="")
        frame = latest(c, chosen, state.model_in(c), _TABLE_PERIODS)
        beside = comparable_polls(c, chosen)
    shown = frame.sort(["starts", "value", "stance"], descending=[True, False, False])
    more = {"smooth": "true"} if smooth else {}
    return {
        "target": target,
        "chosen": chosen,
        "values": values,
        "name": dict(values).get(chosen.value, ""),
        "smooth": smooth,
        "rows": (rows := shown.head(_TABLE_ROWS).to_dicts()),
        "methods": sorted({row["method"] for row in rows if row["share"] is not None}),
        "titles": dict(values),
        "more": more,
        "empty": not frame.height,
        "polls": bool(beside),
        "chart": {form: chosen.address(f"/charts/trend/{target.id}.{form}", **more) for form in ("json", "svg", "png")},
        "csv": chosen.address(f"/api/v1/trends/{target.id}", format="csv"),
        "targets": state.settings.targets,
    }
