"""Posts: the evidence behind a figure, by words, time and place; "this is wrong" becomes a correction."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse

from dashboard.access.visitor import coder, form, visitor
from dashboard.filters import choices
from dashboard.passages import masked, passages
from dashboard.rendering import render, words_for
from dashboard.selection import PERIOD, instants, known_target
from dashboard.state import State, state_of
from storage.audits import corrections, save_correction
from storage.errors import NotDrawn
from storage.evidence import Wanted, search
from storage.records import Stance, Voice
from storage.users import User

router = APIRouter()
PAGE = 25
_MOST_COUNTED = 1000
# No database of ours holds a text with a NUL in it.
Short = Annotated[str, Query(max_length=300, pattern=r"^[^\x00]*$")]


def wanted(
    request: Request,
    target: Short = "",
    stance: Stance | None = None,
    narrative: Short = "",
    source: Short = "",
    language: Short = "",
    region: Short = "",
    voice: Voice | None = None,
    period: Annotated[str, Query(max_length=20, pattern=PERIOD, description="2022-10-03, 2022-W40 or 2022-10.")] = "",
    q: Annotated[
        str, Query(max_length=300, pattern=r"^[^\x00]*$", description='Words; "quoted" side by side; -without.')
    ] = "",
) -> Wanted:
    """The search that an address describes."""
    state: State = state_of(request)
    if target:
        known_target(state.settings, target)
    starts, ends = instants(state.settings, period)
    return Wanted(state.model(), target or None, stance, narrative or None, source or None, language or None,
                  region or None, voice, starts, ends, q)  # fmt: skip


@router.get("/posts", response_class=HTMLResponse)
def posts(
    request: Request,
    user: Annotated[User, Depends(visitor)],
    wanted: Annotated[Wanted, Depends(wanted)],
    after: Annotated[str, Query(max_length=60)] = "",
) -> HTMLResponse:
    """The posts that were asked for, newest first."""
    state = state_of(request)
    with state.read() as c:
        try:
            found, count = search(c, wanted, limit=PAGE + 1, after=after, most=_MOST_COUNTED)
            target = state.settings.target(wanted.target) if wanted.target else None
            offered = choices(c, words_for(request), target)
            said = corrections(c, user.name, [(one.source, one.native_id) for one in found])
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
    shown = [(one, passages(one, wanted.terms, wanted.target), masked(one.author)) for one in found[:PAGE]]
    more = found[PAGE - 1].place if len(found) > PAGE else ""
    titles = {one.id: words_for(request).title(one.title, one.id) for one in state.settings.targets}
    return render(
        request, "posts.html", user=user, page="posts", shown=shown, count=count, most=_MOST_COUNTED, more=more,
        asked=request.query_params, targets=state.settings.targets, titles=titles, choices=offered, said=said,
    )  # fmt: skip


@router.post("/posts/wrong")
def wrong(
    request: Request, user: Annotated[User, Depends(coder)], fields: Annotated[dict[str, str], Depends(form)]
) -> RedirectResponse:
    """Keep that the model's answer to a post is wrong: a purposive label, which never enters estimates."""
    label = next((one for one in get_args(Stance) if one == fields.get("label")), None)
    target = fields.get("target", "")
    if label is None or target not in [one.id for one in state_of(request).settings.targets]:
        raise HTTPException(422, "a correction names a configured target and one of against, neutral, favor")
    with state_of(request).write() as c:
        try:
            save_correction(c, target, (fields.get("source", ""), fields.get("native_id", "")), user.name, label)
        except NotDrawn as error:
            raise HTTPException(404, str(error)) from None
    back = fields.get("back", "")
    return RedirectResponse(back if back.startswith("/posts?") and "\\" not in back else "/posts", 303)
