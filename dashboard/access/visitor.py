"""Who asks: somebody signed in, a program with a token, whom a trusted proxy names, or the person at this computer.

As long as no user is configured, the page is served on loopback alone and whoever reaches it may do everything. With
the first user everybody signs in, on loopback too.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, HTTPException, Request

from dashboard.access.passwords import new_secret
from dashboard.state import State, state_of
from storage.users import ROLES, Role, User, session_user, token_user, user, users

COOKIE = "pikir"
NOBODY = User("", "viewer")
_LOCAL = User("local", "operator")
_LARGEST_FORM = 100_000


class NotSignedIn(Exception):  # noqa: N818
    """The request needs a user, and names none that is known."""


def visitor(request: Request) -> User:
    """The user of this request, with the cookie's secret kept on `request.state.secret`. NotSignedIn where unknown."""
    state = state_of(request)
    request.state.secret = request.cookies.get(COOKIE) or new_secret()
    found = _named_by_proxy(request, state) or _known(request, state)
    if found is None:
        raise NotSignedIn
    request.state.user = found
    return found


def may(who: User, role: Role) -> bool:
    """Whether a user has this role or one above it."""
    return ROLES.index(who.role) >= ROLES.index(role)


def coder(who: Annotated[User, Depends(visitor)]) -> User:
    """A user who may label."""
    return _with_role(who, "coder")


def operator(who: Annotated[User, Depends(visitor)]) -> User:
    """A user who may acknowledge, annotate and mute alerts."""
    return _with_role(who, "operator")


def csrf_token(secret: str) -> str:
    """What a form carries to show that it came from our page: only who knows the cookie can make it."""
    return hmac.new(secret.encode(), b"pikir csrf", hashlib.sha256).hexdigest()


async def form(request: Request) -> dict[str, str]:
    """The fields of a form of ours. 403 without the token of the page, or from another origin; 413 where it is huge."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST_FORM:
            raise HTTPException(413, "the form is too large")
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))
    expected = csrf_token(request.cookies.get(COOKIE, ""))
    given = fields.get("csrf") or request.headers.get("x-csrf-token", "")
    if COOKIE not in request.cookies or not hmac.compare_digest(given.encode(), expected.encode()):
        raise HTTPException(403, "this form is no longer valid: reload the page and send it again")
    if _from_elsewhere(request):
        raise HTTPException(403, "this form was sent from another site")
    return fields


def _from_elsewhere(request: Request) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin")
    return bool(origin) and urlsplit(origin).netloc != request.headers.get("host")


def _with_role(who: User, role: Role) -> User:
    if not may(who, role):
        raise HTTPException(403, f"this takes the role {role}; {who.name} is {who.role}")
    return who


def address(request: Request) -> str:
    """Where the request comes from: what a trusted proxy put last into `address_header`, else who is connected."""
    settings = state_of(request).settings.monitor.dashboard
    connected = request.client.host if request.client else ""
    if settings.address_header and connected in settings.trusted_proxies:
        return request.headers.get(settings.address_header, "").rpartition(",")[2].strip()[:64] or connected
    return connected


def _named_by_proxy(request: Request, state: State) -> User | None:
    settings = state.settings.monitor.dashboard
    name = request.headers.get(settings.trusted_header) if settings.trusted_header else None
    if not name or request.client is None or request.client.host not in settings.trusted_proxies:
        return None
    with state.read() as c:
        return user(c, name)


def _known(request: Request, state: State) -> User | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    with state.read() as c:
        if scheme.lower() == "bearer":
            return token_user(c, token.strip())
        if COOKIE in request.cookies and (found := session_user(c, request.state.secret)):
            return found
        return _LOCAL if state.local and not users(c) else None
