"""Overview: the latest figure of each target, how it moved, open alerts, coverage."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Depends, Request
from sqlalchemy.engine import Connection
from starlette.responses import HTMLResponse

from dashboard.access.visitor import visitor
from dashboard.pages.alerts import alert_titles
from dashboard.reading import figures
from dashboard.rendering import language_of, render
from dashboard.selection import Selection, series
from dashboard.state import State, state_of
from storage.alerts import alerts
from storage.coverage import coverage_frame
from storage.currency import last_run
from storage.users import User

router = APIRouter()
_MOST_ALERTS = 6


@router.get("/", response_class=HTMLResponse)
def overview(request: Request, user: Annotated[User, Depends(visitor)]) -> HTMLResponse:
    """What an analyst sees in ten seconds."""
    state = state_of(request)
    model, version = state.current()
    with state.read() as c:
        run, alive = last_run(c), _alive(c)
        targets = state.kept(("overview", version), lambda: _targets(c, state, model))
        found = [one for one in alerts(c, "open") if one.kind == "opinion"][-_MOST_ALERTS:][::-1]
    return render(
        request, "overview.html", user=user, page="overview", targets=targets, open=found, run=run, alive=alive,
        titles=alert_titles(state, language_of(request), found),
    )  # fmt: skip


def _targets(c: Connection, state: State, model: str) -> list[dict[str, Any]]:
    made = []
    for target in state.settings.targets:
        chosen = Selection(target.id)
        made.append({"target": target, "chosen": chosen, "figures": figures(series(c, chosen, model))})
    return made


def _alive(c: Connection) -> dict[str, Any]:
    """How many sources gave posts in the last seven days of which there are data."""
    frame = coverage_frame(c)
    if not frame.height:
        return {"sources": 0, "of": 0, "day": None}
    day: Any = frame["day"].max()
    recent = frame.filter((pl.col("day") > day - dt.timedelta(days=7)) & (pl.col("posts") > 0))
    return {"sources": recent["source"].n_unique(), "of": frame["source"].n_unique(), "day": day}
