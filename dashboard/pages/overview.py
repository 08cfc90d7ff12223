"""Overview: the latest figure of each target, how it moved, open alerts, coverage."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from dashboard.access.visitor import visitor
from dashboard.pages.alerts import alert_titles
from dashboard.reading import Figure, figures
from dashboard.rendering import kept_page, language_of
from dashboard.selection import Selection, series
from dashboard.state import State, state_of
from dashboard.words import Language
from storage.alerts import listed_alerts
from storage.coverage import sources_alive
from storage.current import last_run
from storage.users import User

router = APIRouter()
_MOST_ALERTS, _DAYS_ALIVE = 6, 7


@router.get("/", response_class=HTMLResponse)
def overview(request: Request, user: Annotated[User, Depends(visitor)]) -> Response:
    """What an analyst sees in ten seconds."""
    return kept_page(
        request, "overview.html", lambda: _shown(state_of(request), language_of(request)), user=user, page="overview",
        of=("results", "alerts", "coverage"),
    )  # fmt: skip


def _shown(state: State, language: Language) -> dict[str, Any]:
    told = state.figures.get(state.mark("results"), lambda: _figures(state))
    with state.read() as c:
        alive, of, day = sources_alive(c, _DAYS_ALIVE)
        found = listed_alerts(c, state="open", kind="opinion", limit=_MOST_ALERTS)
        outages = listed_alerts(c, state="open", kind="coverage", limit=_MOST_ALERTS)
        return {
            "targets": [
                {"target": one, "chosen": Selection(one.id), "figures": told[one.id]} for one in state.settings.targets
            ],
            "open": found,
            "outages": outages,
            "titles": alert_titles(state, language, found),
            "run": last_run(c),
            "alive": {"sources": alive, "of": of, "day": day},
        }


def _figures(state: State) -> dict[str, list[Figure]]:
    """The latest figures of each target: the same in every language."""
    confidence = state.settings.monitor.estimate.confidence
    told = {}
    for target in state.settings.targets:
        chosen = Selection(target.id)
        with state.read() as c:
            frame = series(c, chosen, state.model_in(c))
        told[target.id] = figures(frame, chosen.by, confidence)
    return told
