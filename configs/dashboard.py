"""`dashboard:` in monitor.yaml: where the page is served, to whom, and in which language it begins."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from configs.forms import Form


class DashboardSettings(Form):
    """Where the page is served and to whom. Users and tokens stand in the database: `pikir users`."""

    host: str = "127.0.0.1"
    """The address to listen on. Any but loopback is refused until there are users."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 8765
    """The port to listen on."""
    hosts: tuple[str, ...] = ()
    """Names that browsers may call the page by, beside localhost (the Host header); others are refused."""
    https: bool = False
    """Whether browsers reach the page over HTTPS (through a proxy): cookies are then sent over HTTPS alone."""
    trusted_header: Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9-]*)?$")] = ""
    """A header in which a proxy names the signed-in user (X-Forwarded-User). Left out, no header is believed."""
    address_header: Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9-]*)?$")] = ""
    """A header at whose end a proxy puts the visitor's address (X-Forwarded-For). Left out, all who come through a
    proxy wait together after failed sign-ins."""
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """The addresses whose `trusted_header` and `address_header` are believed."""
    session_hours: Annotated[int, Field(ge=1, le=24 * 90)] = 12
    """How long a sign-in lasts."""
    requests_per_minute: Annotated[int, Field(ge=1)] = 240
    """Requests of the API that one user, token or address may make in a minute."""
    language: Literal["en", "ru", "kk"] = "en"
    """The language for a browser that asks for none of the three."""

    @model_validator(mode="after")
    def _somebody_is_trusted(self) -> DashboardSettings:
        for name in ("trusted_header", "address_header"):
            if getattr(self, name) and not self.trusted_proxies:
                raise ValueError(f"`{name}` is believed from nobody: name the proxy's address in `trusted_proxies`")
        return self
