"""Posts: the evidence behind any figure, found by words and filters; and "this is wrong"."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dashboard.access.visitor import coder, form, visitor
from dashboard.rendering import here, render
from dashboard.selection import instants
from dashboard.state import State, state_of
from storage.audits import save_correction
from storage.errors import StorageError
from storage.evidence import Evidence, Wanted, count_found, find_posts
from storage.records import Opinion, Stance, Voice
from storage.sources import sources
from storage.users import User

router = APIRouter()
PAGE = 30
MOST = 10_000


def wanted(
    request: Request,
    target: str = "",
    stance: str = "",
    narrative: str = "",
    source: str = "",
    language: str = "",
    region: str = "",
    voice: str = "",
    period: str = "",
    q: str = "",
) -> Wanted:
    """What an address looks for. 422 for a stance, voice or period that there is not."""
    for value, allowed in ((stance, get_args(Stance)), (voice, get_args(Voice))):
        if value and value not in allowed:
            raise HTTPException(422, f"{value!r}: allowed are {', '.join(allowed)}")
    state = state_of(request)
    starts, ends = instants(state.settings, period)
    made: dict[str, Any] = {
        "target": target, "stance": stance, "narrative": narrative, "source": source, "language": language,
        "region": region, "voice": voice,
    }  # fmt: skip
    given = {name: value or None for name, value in made.items()}
    return Wanted(state.current()[0], starts=starts, ends=ends, words=q[:300], **given)


@router.get("/posts", response_class=HTMLResponse)
def posts(
    request: Request,
    looked: Annotated[Wanted, Depends(wanted)],
    who: Annotated[User, Depends(visitor)],
    after: str = "",
) -> Response:
    """A list of posts with what the model reads in them."""
    state = state_of(request)
    found, count = _found(state, looked, after)
    with state.read() as c:
        known = sources(c)
    more = found[-1].place if len(found) == PAGE else None
    return render(
        request,
        "posts.html",
        user=who,
        page="posts",
        looked=looked,
        asked=request.query_params,
        found=[(post, pieces(post, looked.target)) for post in found],
        count=count,
        most=MOST,
        sources=known,
        regions=sorted({source.region for source in known if source.region}),
        targets=state.settings.targets,
        more=here(request, after=more) if more else None,
    )


@router.post("/posts/wrong")
def wrong(
    request: Request,
    fields: Annotated[dict[str, str], Depends(form)],
    who: Annotated[User, Depends(coder)],
) -> Response:
    """Keep that the model's answer is wrong: a purposive label, which never enters an estimate."""
    label = fields.get("label", "")
    if label not in get_args(Stance):
        raise HTTPException(422, f"{label!r}: allowed are {', '.join(get_args(Stance))}")
    try:
        with state_of(request).write() as c:
            key = fields.get("source", ""), fields.get("native_id", "")
            save_correction(c, fields.get("target", ""), key, who.name, label)  # type: ignore[arg-type]
    except StorageError as error:
        raise HTTPException(422, str(error)) from None
    back = fields.get("back", "/posts")
    return RedirectResponse(back if back.startswith("/posts") else "/posts", 303)


def pieces(post: Evidence, target: str | None) -> list[tuple[str, bool]]:
    """The text cut into parts, each with whether it is a mention (of one target, or of any)."""
    spans = sorted((one.start, one.end) for one in post.opinions if target in (None, one.target) and _inside(one, post))
    parts: list[tuple[str, bool]] = []
    at = 0
    for start, end in spans:
        if start >= at:
            parts += [(post.text[at:start], False), (post.text[start:end], True)]
            at = end
    return [part for part in [*parts, (post.text[at:], False)] if part[0]]


def _inside(one: Opinion, post: Evidence) -> bool:
    return 0 <= one.start < one.end <= len(post.text)


def _found(state: State, looked: Wanted, after: str) -> tuple[list[Evidence], int]:
    try:
        with state.read() as c:
            return find_posts(c, looked, limit=PAGE, after=after), count_found(c, replace(looked), most=MOST)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
