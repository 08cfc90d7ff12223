"""`logs:` and `metrics:` in monitor.yaml: what is told of the work, to people and to programs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from configs.forms import Form


class LogSettings(Form):
    """The log on standard error."""

    format: Literal["text", "json"] = "text"
    """Lines for people, or one JSON object a line for programs. --log-format and PIKIR_LOG_FORMAT go before it."""
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """What `pikir serve` tells, of pikir itself; of libraries only warnings and errors are told."""


class MetricsSettings(Form):
    """Where Prometheus may ask. Left as it is, nowhere."""

    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """The port on which `pikir serve` answers /metrics; left out, none is opened."""
    host: str = "127.0.0.1"
    """The address it listens on. There is no password: keep it on loopback or in a private network."""
    dashboard: bool = False
    """Whether the dashboard answers /metrics too, to whoever may read it (a token where there are users)."""
