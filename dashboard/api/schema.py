"""What the API says of itself: the rows of each answer, made from the records, and the errors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import BaseModel, create_model

from analysis.trends import Change
from dashboard.selection import TREND_COLUMNS
from storage.evidence import Evidence
from storage.records import Alert, Comparison, Opinion, Share
from storage.source_summary import SOURCE_COLUMNS

Row = TypeVar("Row")
ALERT_COLUMNS = (
    "id", "kind", "state", "rule", "target", "measure", "group", "value", "window", "ended", "observed", "expected",
    "upper", "score", "raised_at", "acknowledged_by",
)  # fmt: skip
CHANGE_COLUMNS = (
    "target", "group", "value", "stance", "since", "until", "before", "after", "change", "low", "high", "p_rise",
    "basis",
)  # fmt: skip
POST_COLUMNS = ("source", "native_id", "posted_at", "voice", "author", "language", "views", "text", "opinions")
OPINION_COLUMNS = ("target", "stance", "p_against", "p_neutral", "p_favor", "narratives", "start", "end")


class Problem(BaseModel):
    """Why a request was not answered, and what to do."""

    detail: str


class Page(BaseModel, Generic[Row]):
    """Rows from the `offset`-th on, of `total` in all."""

    total: int
    offset: int
    rows: list[Row]


class PostPage(BaseModel, Generic[Row]):
    """Posts, newest first; `next` goes on with the list, "" at its end."""

    next: str
    rows: list[Row]


def _rows(name: str, record: type, columns: Sequence[str], **other: Any) -> Any:
    """A model with some of a record's fields, all required."""
    types = {**get_type_hints(record), **other}
    fields: dict[str, Any] = {column: (types[column], ...) for column in columns}
    return create_model(name, **fields)


TrendRow = _rows("TrendRow", Share, TREND_COLUMNS)
ChangeRow = _rows("ChangeRow", Change, CHANGE_COLUMNS)
PollRow = _rows("PollRow", Comparison, list(get_type_hints(Comparison)))
AlertRow = _rows("AlertRow", Alert, ALERT_COLUMNS)
OpinionRow = _rows("OpinionRow", Opinion, OPINION_COLUMNS)
PostRow = _rows("PostRow", Evidence, POST_COLUMNS, opinions=list[OpinionRow])  # type: ignore[valid-type]


class _Source(BaseModel):
    source: str
    kind: str
    language: str
    region: str
    posts: int
    first: dt.date | None
    last: dt.date | None
    empty_days: int
    seen: float | None
    deleted: int | None
    unknown: int | None
    lag: float | None
    rejected: int
    state: str | None
    reason: str | None
    title: str


SourceRow = _rows("SourceRow", _Source, SOURCE_COLUMNS)


def answers(model: Any, *, known: bool = False) -> dict[int | str, dict[str, Any]]:
    """What an operation may answer. `known`: its address names something that may not exist."""
    problems = {
        401: "No user: sign in, or send a token.",
        422: "A parameter is not usable.",
        429: "Too many requests.",
        **({404: "There is no such target."} if known else {}),
    }
    text = {"schema": {"type": "string", "description": "The same rows, for spreadsheets."}}
    return {
        200: {"model": model, "content": {"text/csv": text}, "description": "Rows as JSON or CSV."},
        304: {"description": "What If-None-Match names is still what it is."},
        **{status: {"model": Problem, "description": told} for status, told in problems.items()},
    }
