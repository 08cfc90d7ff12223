"""The application: pages, API and charts over one database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from configs.settings import Settings
from dashboard.access.forms import LeftEmpty
from dashboard.access.shield import LOOPBACK, Shield
from dashboard.access.visitor import NOBODY, NotSignedIn
from dashboard.answers import packed_answer
from dashboard.api import v1
from dashboard.pages import (
    adjudicate,
    alerts,
    audit,
    charts,
    observed,
    overview,
    plain,
    polls,
    posts,
    signing,
    trends,
)
from dashboard.rendering import render
from dashboard.scripts import script
from dashboard.startup import THREADS
from dashboard.state import State
from storage.database import Database

_STATIC = Path(__file__).parent / "static"


def create_app(settings: Settings, database: Database, *, local: bool) -> FastAPI:
    """The web application. `local`: served on loopback, so that nobody signs in while there are no users."""
    app = FastAPI(
        title="pikir", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json", lifespan=_few_threads
    )
    app.state.pikir = State(settings, database, local=local)
    told = settings.monitor.dashboard
    app.add_middleware(LeftEmpty)
    app.add_middleware(Shield, hosts=(*LOOPBACK, told.host, *told.hosts), https=told.https)
    for page in (overview, trends, polls, alerts, posts, audit, adjudicate, plain, charts, signing, observed):
        app.include_router(page.router, include_in_schema=False)
    app.include_router(v1.router)
    app.add_api_route("/static/vega.js", _vega, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.add_exception_handler(NotSignedIn, _ask_to_sign_in)
    app.add_exception_handler(HTTPException, _told)
    app.add_exception_handler(RequestValidationError, _refused)
    return app


@asynccontextmanager
async def _few_threads(app: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = THREADS
    yield


def _vega(request: Request) -> Response:
    answer = packed_answer(request, script(), "text/javascript")
    answer.headers["cache-control"] = "public, max-age=86400"
    return answer


def _ask_to_sign_in(request: Request, error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        remedy = "sign in, or send a token: Authorization: Bearer … (pikir tokens add)"
        return JSONResponse({"detail": remedy}, 401, headers={"www-authenticate": "Bearer"})
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/login?" + urlencode({"next": asked if request.method == "GET" else "/"}), 303)


def _told(request: Request, error: Exception) -> Response:
    known = error if isinstance(error, HTTPException) else HTTPException(500)
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": known.detail}, known.status_code, headers=known.headers)
    user = getattr(request.state, "user", NOBODY)
    return render(
        request, "error.html", user=user, status=known.status_code, code=known.status_code, detail=known.detail
    )


def _refused(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    detail = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in found)
    return _told(request, HTTPException(422, detail))
