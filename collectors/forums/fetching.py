"""What the walker asks of whoever fetches for it, and what it tells whoever listens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from collectors.forums.pages import Page
from storage.records import ReadingState


class FetchError(Exception):
    """A page could not be had. `gone`: it does not exist (404, 410); `refused`: nobody may have it (401, 403, 406)."""

    def __init__(self, reason: str, *, gone: bool = False, refused: bool = False) -> None:
        super().__init__(reason)
        self.gone = gone
        self.refused = refused


class Stop(Exception):  # noqa: N818
    """Reading ends here; the message says why, and `state` how the source is marked: waiting, unavailable or failed."""

    def __init__(self, reason: str, state: ReadingState = "failed") -> None:
        super().__init__(reason)
        self.state = state


def unknown_engine(url: str) -> Stop:
    """The end of reading where a page is of no engine that is known."""
    return Stop(
        f"{url} is of no engine that is known, and says nothing in schema.org markup; give the selectors of its posts "
        "in web.rules (docs/configuration.md)",
        "unavailable",
    )


Fetch = Callable[[str], Awaitable[Page]]
Emit = Callable[[dict[str, Any]], None]
