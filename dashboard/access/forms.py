"""Forms that are sent as an address: a field that the reader left empty asks for nothing."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class LeftEmpty:
    """Takes empty fields out of the address of a page; the API, which programs ask, is left to refuse them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes one request on."""
        if scope["type"] == "http" and not scope["path"].startswith("/api/"):
            fields = scope["query_string"].split(b"&")
            scope = {**scope, "query_string": b"&".join(one for one in fields if one.partition(b"=")[2])}
        await self._app(scope, receive, send)
