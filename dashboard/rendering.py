"""A page from a template: in the reader's language, with everything that is not ours escaped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from dashboard.access.passwords import new_secret
from dashboard.access.visitor import COOKIE, NOBODY, csrf_token, may
from dashboard.answers import is_known, tag_of
from dashboard.state import State, state_of
from dashboard.words import LANGUAGES, Language, Words, preferred, words_of
from storage.counters import Changes
from storage.users import User

LANGUAGE_COOKIE = "pikir_language"
_YEAR = 365 * 24 * 3600
PAGES = ("overview", "trends", "polls", "alerts", "posts", "audit", "sources", "method")

# Stands in a page that is kept for the token of whoever reads it; nobody can guess it, so no text can hold it.
_ANY_TOKEN = f"token-{new_secret()}"

environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
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
    html = _rendered(request, template, user=user, page=page, **data)
    return _answered(request, html.encode(), status)


def kept_page(
    request: Request,
    template: str,
    data: Callable[[], Mapping[str, Any]],
    *,
    user: User,
    page: str,
    of: Sequence[Changes],
    minutes: bool = False,
) -> Response:
    """A page as `render` gives it, made once for its address, language and reader until one of `of` changes.

    `minutes`: it also depends on the time, and is made anew in every minute. 304 where the reader has it already.
    """
    state = state_of(request)
    address = (request.url.path, request.url.query, language_of(request))
    moment = int(time.time() // 60) if minutes else 0
    key, mark = ("page", template, address, user.name, user.role), (moment, *state.mark(*of))
    html = state.kept.get(key, mark, lambda: _rendered(request, template, user=user, page=page, **data()).encode())
    return _answered(request, html, 200)


def _rendered(request: Request, template: str, *, user: User, page: str, **data: Any) -> str:
    """The page with `_ANY_TOKEN` where a form carries the token of its reader."""
    state = state_of(request)
    return environment.get_template(template).render(
        t=words_for(request),
        user=user,
        may=may,
        csrf=_ANY_TOKEN,
        page=page,
        pages=PAGES,
        monitor=state.settings.monitor,
        languages=[words_of(language) for language in LANGUAGES],
        here=lambda **changes: here(request, **changes),
        simulated=is_simulated(state),
        **data,
    )


def _answered(request: Request, html: bytes, status: int) -> HTMLResponse:
    state = state_of(request)
    secret = getattr(request.state, "secret", None) or request.cookies.get(COOKIE) or new_secret()
    body = html.replace(_ANY_TOKEN.encode(), csrf_token(secret).encode())
    headers = {"cache-control": "private, no-cache", "vary": "Cookie", "etag": tag_of(body)}
    if status == 200 and is_known(request, headers["etag"]):
        body, status = b"", 304
    answer = HTMLResponse(body, status_code=status, headers=headers)
    set_cookie(answer, state, COOKIE, secret, state.settings.monitor.dashboard.session_hours * 3600)
    if (language := request.query_params.get("lang")) in LANGUAGES:
        set_cookie(answer, state, LANGUAGE_COOKIE, language, _YEAR)
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
