"""Answers of the API: JSON or CSV, with an ETag so that what has not changed is not sent again."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import polars as pl
from fastapi import Request
from starlette.responses import Response

from dashboard.delimited import csv_text

MEDIA = {
    "json": "application/json", "csv": "text/csv; charset=utf-8", "svg": "image/svg+xml", "png": "image/png",
}  # fmt: skip


def json_answer(request: Request, content: Any) -> Response:
    """JSON; 304 where the reader has it already."""
    return _tagged(request, json.dumps(content, ensure_ascii=False, default=_plain).encode(), "application/json")


def packed_answer(request: Request, packed: bytes, media: str = "application/json") -> Response:
    """What is gzipped already, as it is where the reader takes it so; 304 where the reader has it."""
    if "gzip" in request.headers.get("accept-encoding", ""):
        answer = _tagged(request, packed, media)
        answer.headers["content-encoding"] = "gzip"
    else:
        answer = _tagged(request, gzip.decompress(packed), media)
    answer.headers["vary"] += ", Accept-Encoding"
    return answer


def rows_answer(
    request: Request, rows: Sequence[dict[str, Any]], columns: Sequence[str], form: str, total: int, offset: int
) -> Response:
    """Rows as CSV, or as JSON with `total`, `offset` and `rows`."""
    return packed_answer(request, table(rows, columns, form, total, offset), MEDIA[form])


def table(rows: Iterable[dict[str, Any]], columns: Sequence[str], form: str, total: int, offset: int) -> bytes:
    """Rows as CSV, or as JSON with `total`, `offset` and `rows`; gzipped."""
    if form == "csv":
        return gzip.compress(csv_text(rows, columns).encode(), compresslevel=4, mtime=0)
    shown = [{name: row.get(name) for name in columns} for row in rows]
    content = orjson.dumps({"total": total, "offset": offset, "rows": shown}, default=_plain)
    return gzip.compress(content, compresslevel=4, mtime=0)


def frame_table(frame: pl.DataFrame, form: str, offset: int, limit: int) -> bytes:
    """`table` of at most `limit` rows of a frame of texts, numbers and days, which never become Python's objects."""
    shown = frame.slice(offset, limit)
    if form == "csv":
        return table(shown.iter_rows(named=True), shown.columns, form, frame.height, offset)
    rows = orjson.Fragment(shown.rechunk().write_json())
    content = orjson.dumps({"total": frame.height, "offset": offset, "rows": rows})
    return gzip.compress(content, compresslevel=4, mtime=0)


def _tagged(request: Request, body: bytes, media: str) -> Response:
    tag = tag_of(body)
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "Cookie, Authorization"}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media, headers=headers)


def tag_of(body: bytes) -> str:
    """The ETag of an answer."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether the reader has the answer with this ETag already."""
    known = request.headers.get("if-none-match", "").split(",")
    return tag in [one.strip().removeprefix("W/") for one in known]


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
