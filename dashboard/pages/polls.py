"""Polls: the monitor beside each published poll, in level and in change."""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from configs.settings import TargetSettings
from dashboard.access.visitor import visitor
from dashboard.reasons import reason_in
from dashboard.rendering import kept_page, words_for
from dashboard.selection import known_target
from dashboard.state import State, state_of
from dashboard.words import Words
from storage.polls import comparison_frame, poll_change_frame
from storage.polls import polls as read_polls
from storage.users import User

router = APIRouter()


@router.get("/polls")
def first_polls(request: Request, user: Annotated[User, Depends(visitor)]) -> RedirectResponse:
    """The polls about the first target."""
    targets = state_of(request).settings.targets
    if not targets:
        raise HTTPException(404, "no target is configured: add a file to configs/targets")
    return RedirectResponse(f"/polls/{targets[0].id}", 303)


@router.get("/polls/{target}", response_class=HTMLResponse)
def polls(request: Request, user: Annotated[User, Depends(visitor)], target: str) -> Response:
    """The comparison as a chart and a table; what is insufficient is greyed, with the reason."""
    state = state_of(request)
    known = known_target(state.settings, target)
    return kept_page(
        request,
        "polls.html",
        lambda: _shown(state, words_for(request), known),
        user=user,
        page="polls",
        of=("results",),
    )


def _shown(state: State, words: Words, target: TargetSettings) -> dict[str, Any]:
    with state.read() as c:
        of_model = pl.col("model") == state.model_in(c)
        published = {one.poll: one for one in read_polls(c, target.id)}
        rows = comparison_frame(c, target.id).filter(of_model).sort("ends", "poll", "stance").to_dicts()
        moved = poll_change_frame(c, target.id).filter(of_model).to_dicts()
    return {
        "target": target,
        "targets": state.settings.targets,
        "rows": [{**row, "reason": reason_in(words, row["reason"])} for row in rows],
        "published": published,
        "moved": {(row["poll"], row["stance"]): row for row in moved},
    }
