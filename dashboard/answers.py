"""Answers of the API: JSON or CSV, with an ETag so that what has not changed is not sent again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from fastapi import Request
from starlette.responses import Response

from dashboard.delimited import csv_text


def json_answer(request: Request, content: Any) -> Response:
    """JSON; 304 where the reader has it already."""
    return _tagged(request, json.dumps(content, ensure_ascii=False, default=_plain).encode(), "application/json")


def rows_answer(
    request: Request, rows: Sequence[dict[str, Any]], columns: Sequence[str], form: str, total: int, offset: int
) -> Response:
    """Rows as CSV, or as JSON with `total`, `offset` and `rows`."""
    if form == "csv":
        return _tagged(request, csv_text(rows, columns).encode(), "text/csv; charset=utf-8")
    shown = [{name: row.get(name) for name in columns} for row in rows]
    return json_answer(request, {"total": total, "offset": offset, "rows": shown})


def _tagged(request: Request, body: bytes, media: str) -> Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "Cookie, Authorization"}
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media, headers=headers)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
