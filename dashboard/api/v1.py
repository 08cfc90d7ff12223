"""`/api/v1`: trends, polls, alerts, posts (masked) and sources as JSON and CSV, with paging, ETag and a rate limit."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response

from dashboard.access.visitor import visitor
from dashboard.pages.posts import wanted
from dashboard.selection import TREND_COLUMNS, Selection, known_target, selection, series
from dashboard.source_rows import source_rows
from dashboard.state import state_of
from storage.alerts import alerts
from storage.evidence import Wanted, count_found, find_posts
from storage.polls import comparison_frame
from storage.users import User

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def limited(request: Request, who: Annotated[User, Depends(visitor)]) -> User:
    """The user of a request; 429 where there were too many in the last minute."""
    address = request.client.host if request.client else ""
    wait = state_of(request).rate.take(f"{who.name}@{address}")
    if wait:
        raise HTTPException(429, "too many requests", headers={"retry-after": str(int(wait) + 1)})
    return who


router = APIRouter(prefix="/api/v1", tags=["v1"], dependencies=[Depends(limited)])
Chosen = Annotated[Selection, Depends(selection)]


@router.get("/trends", summary="Shares by period, as `pikir trends` prints them")
def trends(request: Request, chosen: Chosen) -> Response:
    """Rows of one selection, ordered by period, group value and stance."""
    return _json(request, {"rows": _series(request, chosen)})


@router.get("/trends.csv", summary="The same as CSV", response_class=Response)
def trends_csv(request: Request, chosen: Chosen) -> Response:
    """Cells that a spreadsheet would take for a formula begin with an apostrophe."""
    return _csv(request, _series(request, chosen), TREND_COLUMNS, f"{chosen.target}-{chosen.by}.csv")


@router.get("/polls", summary="The monitor beside published polls")
def polls(request: Request, target: str | None = None) -> Response:
    """One row for each poll and stance."""
    with state_of(request).read() as c:
        return _json(request, {"rows": comparison_frame(c, target).to_dicts()})


@router.get("/alerts", summary="Alerts with their explanations")
def listed(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """The latest first."""
    with state_of(request).read() as c:
        found = sorted(alerts(c), key=lambda one: one.id or 0, reverse=True)
    page = [asdict(one) for one in found[offset : offset + limit]]
    following = offset + limit if offset + limit < len(found) else None
    return _json(request, {"rows": page, "total": len(found), "next": following})


@router.get("/posts", summary="Posts with what the model reads in them; contacts are masked")
def posts(
    request: Request,
    looked: Annotated[Wanted, Depends(wanted)],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: str = "",
) -> Response:
    """Newest first; `next` is the `after` of the following page."""
    try:
        with state_of(request).read() as c:
            found = find_posts(c, looked, limit=limit, after=after)
            count = count_found(c, looked)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    rows = [
        {name: value for name, value in asdict(post).items() if name not in ("author", "revision")} for post in found
    ]
    return _json(request, {"rows": rows, "found": count, "next": found[-1].place if len(found) == limit else None})


@router.get("/sources", summary="What was collected from each source, and what is missing")
def sources(request: Request) -> Response:
    """The rows of `pikir sources`."""
    with state_of(request).read() as c:
        return _json(request, {"rows": source_rows(c, dt.datetime.now(dt.UTC))})


def _series(request: Request, chosen: Selection) -> list[dict[str, Any]]:
    state = state_of(request)
    known_target(state.settings, chosen.target)
    model, version = state.current()

    def read() -> list[dict[str, Any]]:
        with state.read() as c:
            return series(c, chosen, model).to_dicts()

    return state.kept(("rows", version, chosen), read)


def _json(request: Request, body: dict[str, Any]) -> Response:
    text = json.dumps(body, ensure_ascii=False, default=_plain)
    return _tagged(request, text.encode(), "application/json", {})


def _csv(request: Request, rows: Sequence[dict[str, Any]], columns: Sequence[str], name: str) -> Response:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([[safe_cell(row[column]) for column in columns] for row in rows])
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return _tagged(request, stream.getvalue().encode(), "text/csv; charset=utf-8", headers)


def safe_cell(value: Any) -> Any:
    """A cell that no spreadsheet reads as a formula: text that begins like one gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _tagged(request: Request, body: bytes, kind: str, headers: dict[str, str]) -> Response:
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    told = {"etag": tag, "cache-control": "private, no-cache", **headers}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=told)
    return Response(body, media_type=kind, headers=told)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)
