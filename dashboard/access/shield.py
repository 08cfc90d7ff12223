"""What holds for every answer: hosts that may be asked for, and headers that keep a browser from running anything else.

The page has no inline script or style and loads nothing from elsewhere, so the policy allows neither.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")


class Shield:
    """Refuses requests for other hosts (a page elsewhere may point its own name at this address), adds the headers."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], https: bool = False) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        more = {"strict-transport-security": "max-age=31536000"} if https else {}
        self._headers = [(name.encode(), value.encode()) for name, value in {**_HEADERS, **more}.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in self._headers if one[0] not in there)]
            await send(message)

        if self._refused(scope):
            answer = PlainTextResponse(
                "This name is not served here. Put it into monitor.yaml, dashboard: hosts.\n", status_code=421
            )
            await answer(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)

    def _refused(self, scope: Scope) -> bool:
        named = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        host = named.rsplit(":", 1)[0] if ":" in named and not named.endswith("]") else named
        return host.lower() not in self._hosts
