"""`/api/v1`: trends, polls, alerts, posts and sources, as JSON or CSV; the same numbers as the page and the CLI."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import asdict
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import Response

from dashboard.access.visitor import address, visitor
from dashboard.answers import MEDIA, frame_table, json_answer, packed_answer, rows_answer, table
from dashboard.api.schema import (
    ALERT_COLUMNS,
    CHANGE_COLUMNS,
    OPINION_COLUMNS,
    POST_COLUMNS,
    AlertRow,
    ChangeRow,
    Page,
    PollRow,
    PostPage,
    PostRow,
    SourceRow,
    TrendRow,
    answers,
)
from dashboard.pages.posts import Short, wanted
from dashboard.passages import masked
from dashboard.reading import moved_since
from dashboard.selection import Selection, known_target, selection, series
from dashboard.state import State, state_of
from storage.alerts import count_alerts, listed_alerts
from storage.evidence import Evidence, Wanted, find_posts
from storage.polls import comparison_frame
from storage.records import AlertState
from storage.source_summary import SOURCE_COLUMNS, source_rows
from storage.users import User

Form = Annotated[Literal["json", "csv"], Query(alias="format", description="JSON for programs, CSV for spreadsheets.")]
Limit = Annotated[int, Query(ge=1, le=10_000, description="At most so many rows.")]
Offset = Annotated[int, Query(ge=0, le=10**9, description="Leave out so many rows at the beginning.")]


async def rated(request: Request, user: Annotated[User, Depends(visitor)]) -> None:
    """So many requests a minute; 429 with Retry-After beyond."""
    key = f"user:{user.name}" if user.name else f"from:{address(request)}"
    if wait := state_of(request).rate.take(key):
        seconds = str(math.ceil(wait))
        raise HTTPException(429, f"too many requests; wait {seconds} s", headers={"retry-after": seconds})


router = APIRouter(prefix="/api/v1", dependencies=[Depends(rated)], tags=["v1"])


@router.get("/trends/{target}", responses=answers(Page[TrendRow] | Page[ChangeRow], known=True))
def trends(
    request: Request,
    chosen: Annotated[Selection, Depends(selection)],
    since: Annotated[
        str, Query(max_length=200, description="Changes since a date, week, month or words of an event, instead.")
    ] = "",
    form: Form = "json",
    limit: Limit = 10_000,
    offset: Offset = 0,
) -> Response:
    """Shares period by period, with their intervals; null where suppressed. With `since`: how each share moved.

    A change has the probability that the share rose: of its smoothed level, or of the two periods as they are where
    there are fewer than four (`basis`).
    """
    state = state_of(request)
    known_target(state.settings, chosen.target)

    def made() -> bytes:
        if since:
            return _changes(state, chosen, since, form, limit, offset)
        with state.read() as c:
            frame = series(c, chosen, state.model_in(c))
        return frame_table(frame, form, offset, limit)

    key = ("api", "trends", chosen, since, form, limit, offset)
    return packed_answer(request, state.kept.get(key, state.mark("results"), made), MEDIA[form])


def _changes(state: State, chosen: Selection, since: str, form: str, limit: int, offset: int) -> bytes:
    """How each share moved, and the probability that it rose: the numbers of the overview and of the command line."""
    with state.read() as c:
        frame = series(c, chosen, state.model_in(c))
    try:
        rows = [asdict(one) for one in moved_since(frame, chosen.by, since, state.settings)]
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    return table(rows[offset : offset + limit], CHANGE_COLUMNS, form, len(rows), offset)


@router.get("/polls", responses=answers(Page[PollRow], known=True))
def polls(
    request: Request, target: Short = "", form: Form = "json", limit: Limit = 1000, offset: Offset = 0
) -> Response:
    """The monitor beside each published poll."""
    if target:
        known_target(state_of(request).settings, target)
    with state_of(request).read() as c:
        frame = comparison_frame(c, target or None).filter(pl.col("model") == state_of(request).model_in(c))
    return _page(request, frame, frame.columns, form, limit, offset)


@router.get("/alerts", responses=answers(Page[AlertRow]))
def alerts(
    request: Request, state: AlertState | None = None, form: Form = "json", limit: Limit = 1000, offset: Offset = 0
) -> Response:
    """Alerts in the order in which they were raised."""
    with state_of(request).read() as c:
        found = listed_alerts(c, state=state, newest_first=False, limit=limit, offset=offset)
        total = count_alerts(c, state)
    rows = [{name: getattr(one, name) for name in ALERT_COLUMNS} for one in found]
    return rows_answer(request, rows, ALERT_COLUMNS, form, total, offset)


@router.get("/posts", responses=answers(PostPage[PostRow], known=True))
def posts(
    request: Request,
    search: Annotated[Wanted, Depends(wanted)],
    form: Form = "json",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[
        str, Query(max_length=40, pattern=r"^([0-9]{1,17}\.[0-9]{1,18})?$", description="`next` of the page before.")
    ] = "",
) -> Response:
    """Posts, newest first, authors masked. `next` continues the list; "" at its end."""
    with state_of(request).read() as c:
        try:
            found = find_posts(c, search, limit=limit + 1, after=after)
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
    rows = [_post(one) for one in found[:limit]]
    more = found[limit - 1].place if len(found) > limit else ""
    if form == "csv":
        flat = [
            {**row, "opinions": "; ".join(f"{o['target']}: {o['stance']}" for o in row["opinions"])} for row in rows
        ]
        answer = rows_answer(request, flat, POST_COLUMNS, "csv", len(flat), 0)
    else:
        answer = json_answer(request, {"next": more, "rows": rows})
    answer.headers["x-next"] = more
    return answer


@router.get("/sources", responses=answers(Page[SourceRow]))
def sources(request: Request, form: Form = "json", limit: Limit = 1000, offset: Offset = 0) -> Response:
    """What was collected from each source, what is missing, and how the last reading ended."""
    with state_of(request).read() as c:
        rows = source_rows(c, dt.datetime.now(dt.UTC))
    return rows_answer(request, rows[offset : offset + limit], SOURCE_COLUMNS, form, len(rows), offset)


def _page(
    request: Request, frame: pl.DataFrame, columns: tuple[str, ...] | list[str], form: str, limit: int, offset: int
) -> Response:
    return rows_answer(request, frame.slice(offset, limit).to_dicts(), columns, form, frame.height, offset)


def _post(one: Evidence) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(one, name) for name in POST_COLUMNS if name != "opinions"}
    read = [{name: getattr(opinion, name) for name in OPINION_COLUMNS} for opinion in one.opinions]
    return {**told, "author": masked(one.author), "opinions": read}
