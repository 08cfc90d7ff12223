"""What the crawling process is told: one source, how to read it, how far it was read, and how to behave."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from configs.boards import EngineRules
from configs.crawling import CrawlSettings, WebSettings


class Job(BaseModel):
    """One run over one source. `follow_feeds`: entries of a feed are pages to read, not posts. `since`: the first
    day to read, in `zone`; `timezone`: of the times on the pages, "" for what they state."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    starts: tuple[str, ...]
    hosts: tuple[str, ...]
    engine: str = "auto"
    packs: tuple[EngineRules, ...] = ()
    state: str = ""
    delay: float
    pages: int
    crawl: CrawlSettings
    follow_feeds: bool = False
    since: dt.date | None = None
    zone: str = "UTC"
    timezone: str = ""
    probe: bool = False

    @property
    def loopback(self) -> bool:
        """Whether a configured host is this very machine."""
        return any(is_loopback(host) for host in self.hosts)


def make_job(
    source: str,
    address: str,
    web: WebSettings,
    crawl: CrawlSettings,
    packs: Sequence[EngineRules],
    **more: Any,
) -> Job:
    """The job of a configured source. Its own rules go before the packs."""
    starts = web.start or (address,)
    hosts = {urlsplit(start).netloc.rpartition("@")[2].lower() for start in starts} | {
        host.lower() for host in web.hosts
    }
    own = (web.rules,) if web.rules else ()
    return Job(
        source=source,
        starts=starts,
        hosts=tuple(sorted(hosts)),
        engine=web.rules.engine if web.rules else web.engine,
        packs=(*own, *packs),
        delay=crawl.delay if web.delay is None else web.delay,
        pages=crawl.pages if web.pages is None else web.pages,
        crawl=crawl,
        timezone=web.timezone,
        **more,
    )


def is_loopback(host: str) -> bool:
    """Whether a host (with or without a port) is this machine by its name or address."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(name, None) if name == "localhost" or name.endswith(".localhost") else []
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(str(item[4][0])).is_loopback for item in found)
