"""Overview: the latest figure of each target, how it moved, open alerts, coverage."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy.engine import Connection
from starlette.responses import HTMLResponse, Response

from dashboard.access.visitor import visitor
from dashboard.reading import figures
from dashboard.rendering import kept_page
from dashboard.selection import Selection, series
from dashboard.state import State, state_of
from storage.alerts import listed_alerts
from storage.coverage import sources_alive
from storage.currency import last_run
from storage.users import User

router = APIRouter()
_MOST_ALERTS, _DAYS_ALIVE = 6, 7


@router.get("/", response_class=HTMLResponse)
def overview(request: Request, user: Annotated[User, Depends(visitor)]) -> Response:
    """What an analyst sees in ten seconds."""
    return kept_page(
        request, "overview.html", lambda: _shown(state_of(request)), user=user, page="overview",
        of=("results", "alerts", "coverage"),
    )  # fmt: skip


def _shown(state: State) -> dict[str, Any]:
    with state.read() as c:
        alive, of, day = sources_alive(c, _DAYS_ALIVE)
        return {
            "targets": _targets(c, state),
            "open": listed_alerts(c, state="open", kind="opinion", limit=_MOST_ALERTS),
            "run": last_run(c),
            "alive": {"sources": alive, "of": of, "day": day},
        }


def _targets(c: Connection, state: State) -> list[dict[str, Any]]:
    made, model, confidence = [], state.model_in(c), state.settings.monitor.estimate.confidence
    for target in state.settings.targets:
        chosen = Selection(target.id)
        told = figures(series(c, chosen, model), chosen.by, confidence)
        made.append({"target": target, "chosen": chosen, "figures": told})
    return made
