"""Audit: the queue of posts drawn by chance, one at a time, without what the model says of them."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import HTMLResponse, RedirectResponse

from dashboard.access.visitor import coder, form, visitor
from dashboard.rendering import render
from dashboard.selection import known_target
from dashboard.state import state_of
from storage import audits
from storage.errors import NotDrawn
from storage.records import Stance
from storage.users import User

router = APIRouter()


@router.get("/audit")
def first_audit(request: Request, user: Annotated[User, Depends(visitor)]) -> RedirectResponse:
    """The queue of the first target."""
    targets = state_of(request).settings.targets
    if not targets:
        raise HTTPException(404, "no target is configured: add a file to configs/targets")
    return RedirectResponse(f"/audit/{targets[0].id}", 303)


@router.get("/audit/{target}", response_class=HTMLResponse)
def queue(request: Request, user: Annotated[User, Depends(coder)], target: str) -> HTMLResponse:
    """The next post of this coder, with buttons that keys press as well."""
    state = state_of(request)
    known = known_target(state.settings, target)
    with state.read() as c:
        post, counts = audits.next_post(c, target, user.name), audits.queue_counts(c, target, user.name)
    return render(
        request, "audit.html", user=user, page="audit", target=known, targets=state.settings.targets, post=post,
        counts=counts,
    )  # fmt: skip


@router.post("/audit/{target}")
def answer(
    request: Request,
    user: Annotated[User, Depends(coder)],
    fields: Annotated[dict[str, str], Depends(form)],
    target: str,
) -> RedirectResponse:
    """Keep a label, put the post off, or take the last answer back."""
    known_target(state_of(request).settings, target)
    said, post = fields.get("label", ""), (fields.get("source", ""), fields.get("native_id", ""))
    labels: dict[str, Stance | None] = {**{one: one for one in get_args(Stance)}, "unsure": None}
    with state_of(request).write() as c:
        try:
            if said == "undo":
                audits.undo_label(c, target, user.name)
            elif said == "skip":
                audits.skip_post(c, target, post, user.name)
            elif said in labels:
                audits.save_label(c, target, post, user.name, labels[said])
            else:
                raise HTTPException(422, f"label={said[:20]!r}; allowed are {', '.join([*labels, 'skip', 'undo'])}")
        except NotDrawn as error:
            raise HTTPException(404, str(error)) from None
    return RedirectResponse(f"/audit/{target}", 303)
