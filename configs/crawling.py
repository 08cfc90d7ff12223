"""What is said of fetching (`crawl` in monitor.yaml) and of one forum or feed (`web` in sources.yaml)."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import Field, field_validator

from configs.boards import EngineRules, Selectors
from configs.errors import did_you_mean
from configs.forms import Form


class CrawlSettings(Form):
    """How pages are fetched. robots.txt is always obeyed, and its Crawl-delay where it is longer than `delay`."""

    user_agent: Annotated[str, Field(min_length=3, pattern=r"^[\x20-\x7e]+$")] = (
        "pikir/0.1 (research into public opinion; name yourself in crawl.user_agent)"
    )
    """How pikir introduces itself to a site: name your organisation and a way to reach you."""
    delay: Annotated[float, Field(ge=0)] = 1.0
    """Seconds between two requests to a host, at least; a slow host is given as long as it takes to answer."""
    pages: Annotated[int, Field(ge=1)] = 500
    """Pages in one run of one source; the next run goes on there."""
    recheck_pages: Annotated[int, Field(ge=0)] = 50
    """Pages of known threads read again in one run for edits, the longest unread first."""
    depth: Annotated[int, Field(ge=0, le=20)] = 3
    """Levels of boards within boards that are followed."""
    timeout: Annotated[float, Field(gt=0)] = 30.0
    """Seconds within which a page must have come."""
    retries: Annotated[int, Field(ge=0, le=10)] = 3
    """Attempts after the first, with waits that double from `retry_wait`, or as long as the server asks for."""
    retry_wait: Annotated[float, Field(gt=0)] = 2.0
    """Seconds before the first retry."""
    longest_wait: Annotated[float, Field(gt=0)] = 120.0
    """Seconds: where a server asks for more, the source is left for the next run."""
    page_bytes: Annotated[int, Field(ge=1024)] = 10_000_000
    """The largest page, also after decompression; a larger one is set aside."""
    cache: str = "var/cache/pages"
    """Folder of fetched pages, for conditional requests, readable by its owner only; left empty, none is kept."""
    cache_days: Annotated[float, Field(gt=0)] = 7
    """Cached pages are deleted after so many days: they hold names and texts as they were published."""


class WebSettings(Form):
    """A forum, a board, a feed or pages with comments that are read over the web. A link alone is short for `start`."""

    engine: str = "auto"
    """The rule pack in forums/ to read it by; `auto` finds it out from the page."""
    start: Selectors = ()
    """The pages to begin at: the forum's first page, boards, threads, feeds; left out, `address`."""
    hosts: tuple[str, ...] = ()
    """Further hosts that may be read (host or host:port), beside those of the pages to begin at."""
    timezone: Annotated[str, Field(json_schema_extra={"allowed": "a time zone of the IANA database"})] = ""
    """The zone of the times that its pages show without one; left out, what the page states, or the monitor's."""
    delay: Annotated[float, Field(ge=0)] | None = None
    """In place of `crawl.delay`."""
    pages: Annotated[int, Field(ge=1)] | None = None
    """In place of `crawl.pages`."""
    rules: Annotated[
        EngineRules | None, Field(json_schema_extra={"allowed": "the keys of a rule pack, forums/*.yaml"})
    ] = None
    """CSS selectors for a site that no rule pack fits, with the keys of a rule pack."""

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            if value:
                ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no such time zone{did_you_mean(value, available_timezones())}") from None
        return value

    @field_validator("start")
    @classmethod
    def _links(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not link.startswith(("http://", "https://")) for link in value):
            raise ValueError("each page to begin at is a link with http:// or https://")
        return value
