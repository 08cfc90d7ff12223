"""The page and its API as one application: `create(settings, database, local=True)`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteError

from configs.settings import Settings
from dashboard.access.shield import LOOPBACK, Shield
from dashboard.access.visitor import NotSignedIn
from dashboard.api import v1
from dashboard.pages import alerts, audit, method, overview, polls, posts, signing, sources, trends
from dashboard.rendering import render
from dashboard.state import State
from storage.database import Database

_STATIC = Path(__file__).parent / "static"
_API = "/api/"


def create(settings: Settings, database: Database, *, local: bool) -> FastAPI:
    """The application over an open database. `local`: it is reached from this computer alone, so nobody signs in as
    long as there are no users."""
    app = FastAPI(title="pikir", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json", version="1")
    app.state.pikir = State(settings, database, local=local)
    for page in (overview, trends, polls, alerts, posts, audit, sources, method, signing):
        app.include_router(page.router, include_in_schema=False)
    app.include_router(v1.router)
    app.add_api_route("/static/vega.js", _vega, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_exception_handler(NotSignedIn, _sign_in)
    app.add_exception_handler(StarletteError, _error)
    hosts = {*LOOPBACK, "testserver", settings.monitor.dashboard.host, *settings.monitor.dashboard.hosts}
    app.add_middleware(Shield, hosts=hosts, https=settings.monitor.dashboard.https)
    return app


def _vega() -> Response:
    headers = {"cache-control": "public, max-age=86400"}
    return Response(_bundle(), media_type="text/javascript; charset=utf-8", headers=headers)


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, from the package that also draws charts: nothing is loaded from
    elsewhere."""
    import vl_convert

    return vl_convert.javascript_bundle(None)  # type: ignore[arg-type]  # its default


async def _sign_in(request: Request, _: Exception) -> Response:
    if request.url.path.startswith(_API):
        headers = {"www-authenticate": "Bearer"}
        return Response('{"detail": "a token is needed: pikir users token"}', 401, headers, "application/json")
    back = quote(str(request.url.path), safe="/")
    return RedirectResponse(f"/sign-in?next={back}", status_code=303)


async def _error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteError)
    if request.url.path.startswith(_API):
        from fastapi.exception_handlers import http_exception_handler

        return await http_exception_handler(request, error)
    return render(request, "error.html", status=error.status_code, code=error.status_code, detail=str(error.detail))
