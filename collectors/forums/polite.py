"""What a request has to pass before it leaves: the configured hosts only, robots.txt, pace, and patience with errors.

These are Scrapy's own middlewares, made stricter where a monitor that returns every day needs it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
from email.utils import parsedate_to_datetime
from time import time
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response
from scrapy.resolver import CachingThreadedResolver
from scrapy.signals import robots_parsed
from twisted.internet.defer import Deferred

from collectors.forums.fetching import Stop

HOSTS = "PIKIR_HOSTS"
RETRY_WAIT = "PIKIR_RETRY_WAIT"
LONGEST_WAIT = "PIKIR_LONGEST_WAIT"
LOOPBACK = "PIKIR_LOOPBACK"
_NOBODY_MAY = b"User-agent: *\nDisallow: /\n"


class Boundary:
    """Refuses every request to a host that is not configured, redirects included, and every private address."""

    def __init__(self, crawler: Crawler) -> None:
        self._hosts = frozenset(crawler.settings.getlist(HOSTS))
        self._loopback = crawler.settings.getbool(LOOPBACK)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Boundary:
        """As Scrapy makes its middlewares."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """IgnoreRequest where the request would leave the configured hosts."""
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https") or parts.netloc.rpartition("@")[2].lower() not in self._hosts:
            raise IgnoreRequest(
                f"it leads to {parts.scheme}://{parts.netloc}, which is not among the hosts of this source"
            )
        check_address(parts.hostname or "", loopback=self._loopback)
        if self._loopback:
            request.meta["proxy"] = None


def check_address(host: str, *, loopback: bool) -> None:
    """IgnoreRequest where `host` is an IP address of a private network. Loopback passes where `loopback` says so."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    if address.is_loopback and loopback:
        return
    if not address.is_global or address.is_multicast:
        raise IgnoreRequest(f"{host} is an address of a private network")


class GuardedResolver(CachingThreadedResolver):
    """Resolves names, and refuses those that lead into a private network."""

    loopback = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> GuardedResolver:
        """As Scrapy makes its resolver."""
        resolver = super().from_crawler(crawler, reactor)
        resolver.loopback = crawler.settings.getbool(LOOPBACK)
        return resolver

    def getHostByName(self, name: str, timeout: Any = ()) -> Deferred[str]:  # noqa: N802
        """The address of a name. IgnoreRequest for a private one."""
        found: Deferred[str] = super().getHostByName(name, timeout)
        return found.addCallback(self._checked)

    def _checked(self, address: str) -> str:
        check_address(address, loopback=self.loopback)
        return address


class Once(HTTP11DownloadHandler):
    """Asks once. Twisted asks again at once where a connection that was kept open breaks, and no pace holds it back."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool.retryAutomatically = False


class Robots(RobotsTxtMiddleware):
    """robots.txt with its Crawl-delay; where it cannot be had, nothing is read (RFC 9309, 2.3.1.4)."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._unreadable: dict[str, str] = {}
        crawler.signals.connect(self._slow_down, signal=robots_parsed)

    async def process_request(self, request: Request, spider: Any = None) -> None:
        """IgnoreRequest for what robots.txt forbids; Stop where it cannot be had."""
        await super().process_request(request)

    def process_request_2(self, rp: Any, request: Request) -> None:
        """The decision for one request."""
        reason = self._unreadable.get(urlsplit(request.url).netloc)
        if reason:
            raise Stop(
                f"robots.txt of {urlsplit(request.url).netloc} cannot be read ({reason}), so nothing else is read",
                "waiting",
            )
        super().process_request_2(rp, request)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            raise ConnectionError(f"it answers {response.status}")
        if response.status >= 400:
            response = response.replace(body=b"")
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self._unreadable[netloc] = str(exc) or type(exc).__name__
        super()._robots_error(exc, netloc)
        self._parsers[netloc] = self._parserimpl.from_crawler(self.crawler, _NOBODY_MAY)

    def _slow_down(self, robotparser: Any, request: Request) -> None:
        """Takes over a Crawl-delay that is longer than ours."""
        asked = robotparser.rp.crawl_delay(self.crawler.settings["USER_AGENT"])
        engine = self.crawler.engine
        if asked is None or engine is None:
            return
        delay = min(float(asked), self.crawler.settings.getfloat("AUTOTHROTTLE_MAX_DELAY"))
        for extension in self.crawler.extensions.middlewares if self.crawler.extensions else ():
            if isinstance(extension, AutoThrottle):
                extension.mindelay = max(extension.mindelay, delay)
        for slot in engine.downloader.slots.values():
            slot.delay = max(slot.delay, delay)


class BackOff(RetryMiddleware):
    """Retries after waits that double, or after the time that the server asks for."""

    async def process_response(  # type: ignore[override]  # Scrapy awaits what its own middleware returns at once
        self, request: Request, response: Response, spider: Any = None
    ) -> Request | Response:
        """The response, or the request again once the wait is over. Stop where the server asks for too long a wait."""
        if response.status in self.retry_http_codes:
            asked = retry_after(response.headers.get("Retry-After", b""))
            if asked > self.crawler.settings.getfloat(LONGEST_WAIT):
                host = urlsplit(request.url).netloc
                raise Stop(
                    f"{host} answers {response.status} and asks to be left alone for {asked:.0f} s; the next run goes "
                    "on where this one stopped",
                    "waiting",
                )
            retried = super().process_response(request, response)
            return await self._waited(retried, asked)
        return response

    async def process_exception(  # type: ignore[override]
        self, request: Request, exception: Exception, spider: Any = None
    ) -> Request | Response | None:
        """The request again once the wait is over; None where another attempt is of no use."""
        retried = super().process_exception(request, exception)
        return None if retried is None else await self._waited(retried, 0)

    async def _waited(self, result: Request | Response, asked: float) -> Request | Response:
        if isinstance(result, Request):
            settings = self.crawler.settings
            wait = settings.getfloat(RETRY_WAIT) * 2 ** (result.meta.get("retry_times", 1) - 1)
            await asyncio.sleep(max(asked, min(wait, settings.getfloat(LONGEST_WAIT))))
        return result


def retry_after(header: bytes | None) -> float:
    """The seconds that a Retry-After header asks for: a number, or a date; 0 where there is none."""
    text = (header or b"").decode("latin-1").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time()
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0
