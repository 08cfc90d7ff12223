"""A page from a template: in the reader's language, with everything that is not ours escaped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from dashboard.access.passwords import new_secret
from dashboard.access.visitor import COOKIE, NOBODY, csrf_token, may
from dashboard.state import State, state_of
from dashboard.words import LANGUAGES, Language, Words, preferred, words_of
from storage.users import User

LANGUAGE_COOKIE = "pikir_language"
_YEAR = 365 * 24 * 3600
PAGES = ("overview", "trends", "polls", "alerts", "posts", "audit", "sources", "method")

environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def language_of(request: Request) -> Language:
    """What the address asks for, else the cookie, else the browser, else the configuration."""
    for asked in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if asked in LANGUAGES:
            return asked
    otherwise = state_of(request).settings.monitor.dashboard.language
    return preferred(request.headers.get("accept-language", ""), otherwise)


def words_for(request: Request) -> Words:
    """The words in which a request is answered."""
    return words_of(language_of(request))


def render(
    request: Request, template: str, *, user: User = NOBODY, status: int = 200, page: str = "", **data: Any
) -> HTMLResponse:
    """A page as an answer. Sets the cookie that forms are checked against, and remembers a language that was chosen."""
    state, words = state_of(request), words_for(request)
    secret = getattr(request.state, "secret", None) or request.cookies.get(COOKIE) or new_secret()
    html = environment.get_template(template).render(
        t=words,
        user=user,
        may=may,
        csrf=csrf_token(secret),
        page=page,
        pages=PAGES,
        monitor=state.settings.monitor,
        languages=[words_of(language) for language in LANGUAGES],
        here=lambda **changes: here(request, **changes),
        simulated=is_simulated(state),
        **data,
    )
    answer = HTMLResponse(html, status_code=status, headers={"cache-control": "private, no-cache", "vary": "Cookie"})
    set_cookie(answer, state, COOKIE, secret, state.settings.monitor.dashboard.session_hours * 3600)
    if request.query_params.get("lang") in LANGUAGES:
        set_cookie(answer, state, LANGUAGE_COOKIE, words.language, _YEAR)
    return answer


def set_cookie(answer: Any, state: State, name: str, value: str, seconds: int) -> None:
    """A cookie that no script reads and no other site's form sends."""
    https = state.settings.monitor.dashboard.https
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=https, path="/")


def here(request: Request, **changes: object) -> str:
    """The address of this page with some parameters changed, or removed where None."""
    return with_query(request.url.path, {**request.query_params, **changes})


def with_query(path: str, parameters: Mapping[str, object]) -> str:
    """A path with its parameters; those that are None or "" are left out."""
    told = {name: value for name, value in parameters.items() if value not in (None, "")}
    return f"{path}?{urlencode(told, doseq=True)}" if told else path


def is_simulated(state: State) -> bool:
    """Whether every source in use says in its title that it is simulated."""
    titles = [source.title.lower() for source in state.settings.sources if source.enabled]
    return bool(titles) and all("simulat" in title for title in titles)
