"""Adjudicate: what coders disagree on, settled one at a time; and how far the labels have narrowed the interval."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse

from dashboard.access.visitor import coder, form
from dashboard.audit_status import AuditStatus, audit_status, disagreements
from dashboard.rendering import render
from dashboard.selection import known_target
from dashboard.state import state_of
from storage.errors import NotDrawn
from storage.records import Stance
from storage.settling import settle_label, unsettle_label
from storage.users import User

router = APIRouter()
Coder = Annotated[User, Depends(coder)]
_LONGEST_REASON = 500
LABELS: dict[str, Stance | None] = {**{one: one for one in get_args(Stance)}, "undecidable": None}


@router.get("/audit/{target}/adjudicate", response_class=HTMLResponse)
def adjudicate(
    request: Request, user: Coder, target: str, after: Annotated[int, Query(ge=0, le=100_000)] = 0
) -> HTMLResponse:
    """One post that coders label differently, with their votes; `after`: so many are put off."""
    state = state_of(request)
    known = known_target(state.settings, target)
    with state.read() as c:
        waiting = disagreements(c, target)
    place = after if after < waiting.height else 0
    post: dict[str, Any] | None = waiting.row(place, named=True) if waiting.height else None
    return render(
        request, "adjudicate.html", user=user, page="audit", target=known, targets=state.settings.targets, post=post,
        waiting=waiting.height, place=place, votes=_votes(post["votes"]) if post else [],
    )  # fmt: skip


@router.post("/audit/{target}/adjudicate")
def settle(
    request: Request, user: Coder, fields: Annotated[dict[str, str], Depends(form)], target: str
) -> RedirectResponse:
    """Keep which label counts, put the post off, or take the last decision back."""
    known_target(state_of(request).settings, target)
    said, place = fields.get("label", ""), _place(fields.get("after", ""))
    if said == "skip":
        return RedirectResponse(f"/audit/{target}/adjudicate?after={place + 1}", 303)
    with state_of(request).write() as c:
        if said == "undo":
            unsettle_label(c, target, user.name)
        elif said in LABELS:
            post = (fields.get("source", ""), fields.get("native_id", ""))
            reason = fields.get("reason", "")[:_LONGEST_REASON].strip()
            try:
                settle_label(c, target, post, LABELS[said], user.name, reason)
            except NotDrawn as error:
                raise HTTPException(404, str(error)) from None
        else:
            raise HTTPException(422, f"label={said[:20]!r}; allowed are {', '.join([*LABELS, 'skip', 'undo'])}")
    return RedirectResponse(f"/audit/{target}/adjudicate" + (f"?after={place}" if place else ""), 303)


@router.get("/audit/{target}/progress", response_class=HTMLResponse)
def progress(
    request: Request,
    user: Coder,
    target: str,
    points: Annotated[float, Query(gt=0, lt=50, description="The wanted half-width, in percentage points.")] = 4.0,
) -> HTMLResponse:
    """For each draw the interval that its labels give now, and how many more bring it to ± `points`."""
    state = state_of(request)
    known = known_target(state.settings, target)
    with state.read() as c:
        found = audit_status(c, state.settings, state.model_in(c), target, width=2 * points / 100)
    return render(
        request, "progress.html", user=user, page="audit", target=known, targets=state.settings.targets, points=points,
        rows=[(one, _bar(one, points)) for one in found],
    )  # fmt: skip


def _votes(told: str) -> list[tuple[str, str]]:
    """The label and the number of each vote: "against 1, favor 1"."""
    return [(label, number) for label, _, number in (one.rpartition(" ") for one in told.split(", ") if one)]


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _bar(one: AuditStatus, points: float) -> dict[str, float] | None:
    """The interval and the wanted one as places on an axis of 0 to 300."""
    if one.share is None or one.low is None or one.high is None:
        return None
    middle, half = 300 * one.share, 3 * points
    wanted = max(0.0, middle - half), min(300.0, middle + half)
    places = {"low": 300 * one.low, "high": 300 * one.high, "share": middle, "from": wanted[0], "to": wanted[1]}
    return {name: round(value, 1) for name, value in places.items()}
