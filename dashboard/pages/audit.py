"""Audit: drawn posts to label one by one, by keyboard or by buttons, blind to the model's answer."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dashboard.access.visitor import coder, form, visitor
from dashboard.rendering import render
from dashboard.selection import known_target
from dashboard.state import state_of
from storage.audits import next_post, queue_counts, save_label, skip_post, undo_label
from storage.errors import StorageError
from storage.records import Stance
from storage.users import User

router = APIRouter()


@router.get("/audit", response_class=HTMLResponse)
def audit(request: Request, who: Annotated[User, Depends(visitor)], target: str = "") -> Response:
    """The next post of this coder, the codebook beside it, and how far the coder is."""
    state = state_of(request)
    chosen = known_target(state.settings, target or state.settings.targets[0].id)
    with state.read() as c:
        post = next_post(c, chosen.id, who.name)
        counts = queue_counts(c, chosen.id, who.name)
    return render(
        request, "audit.html", user=who, page="audit", target=chosen, targets=state.settings.targets, post=post,
        counts=counts,
    )  # fmt: skip


@router.post("/audit/{action}")
def act(
    request: Request,
    action: str,
    fields: Annotated[dict[str, str], Depends(form)],
    who: Annotated[User, Depends(coder)],
) -> Response:
    """Label, skip or undo; then the next post."""
    state = state_of(request)
    target = known_target(state.settings, fields.get("target", "")).id
    key = fields.get("source", ""), fields.get("native_id", "")
    try:
        with state.write() as c:
            if action == "undo":
                undo_label(c, target, who.name)
            elif action == "skip":
                skip_post(c, target, key, who.name)
            elif action in (*get_args(Stance), "unclear"):
                save_label(c, target, key, who.name, None if action == "unclear" else action)  # type: ignore[arg-type]
            else:
                raise HTTPException(422, f"{action!r}: allowed are {', '.join(get_args(Stance))}, unclear, skip, undo")
    except StorageError as error:
        raise HTTPException(422, str(error)) from None
    return RedirectResponse(f"/audit?target={target}", 303)
