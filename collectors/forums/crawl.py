"""The process that fetches: a job on standard input, one JSON object a line on standard output.

It ends when its standard input is closed, so that it never outlives the process that reads from it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import IgnoreRequest
from scrapy.http import TextResponse

from collectors.batches import CollectorError
from collectors.forums.decoding import decoded
from collectors.forums.engines import find_engine
from collectors.forums.fetching import FetchError, Stop
from collectors.forums.job import Job
from collectors.forums.pages import Page
from collectors.forums.polite import HOSTS, LONGEST_WAIT, LOOPBACK, RETRY_WAIT
from collectors.forums.probing import probe
from collectors.forums.run import Run
from collectors.forums.since import Since
from collectors.forums.state import State
from collectors.forums.walker import Walker

_HERE = "collectors.forums.polite"
_BASE = "scrapy.downloadermiddlewares"


class ForumSpider(Spider):
    """Walks through one source; its pages are fetched one after the other through Scrapy's downloader."""

    name = "forum"

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    async def start(self) -> AsyncIterator[Any]:
        """Does the whole job. Yields nothing: the walker asks for its pages itself."""
        watch = asyncio.ensure_future(_closed_input())
        watch.add_done_callback(lambda _: os._exit(0))
        try:
            whole = await self._walk()
            spent = f"{self._job.pages} pages were read, as many as crawl.pages allows; the next run goes on there"
            emit({"end": "ok", "reason": "", "whole": whole, "notes": [] if whole else [spent]})
        except Stop as stop:
            emit({"end": stop.state, "reason": str(stop)})
        except CollectorError as error:
            emit({"end": "unavailable", "reason": str(error)})
        except Exception as error:  # the reading process has to learn of it, whatever it is
            self.logger.exception("the walk broke off")
            emit({"end": "failed", "reason": f"{type(error).__name__}: {error}"})
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request

    async def _walk(self) -> bool:
        """Reads the source; whether to its end, within the budget of pages."""
        job = self._job
        engine = find_engine(job.engine, job.packs)
        run = Run(self._fetch, emit, State.parse(job.state), job.packs, engine, job.pages)
        walker = Walker(
            run,
            recheck_pages=job.crawl.recheck_pages,
            depth=job.crawl.depth,
            follow_feeds=job.follow_feeds,
            since=Since(job.since, ZoneInfo(job.zone), job.timezone) if job.since else None,
        )
        if job.probe:
            emit(await probe(run, job.starts[0]))
        else:
            await walker.walk(job.starts)
        return walker.whole

    async def _fetch(self, url: str) -> Page:
        """The page at `url`, asked for anew or confirmed by the server. FetchError says why there is none."""
        assert self.crawler.engine is not None
        # A stored page is never taken without asking: the question whether it has changed is what a run is for.
        request = Request(url, headers={"Cache-Control": "max-age=0"}, dont_filter=True)
        try:
            response = await self.crawler.engine.download_async(request)
        except Stop:
            raise
        except IgnoreRequest as error:
            raise FetchError(_refusal(str(error), self._job)) from None
        except Exception as error:  # a page is set aside for whatever reason the network, or a parser of it, gives
            raise FetchError(_reason(error, self._job)) from None
        if response.status != 200:
            gone, refused = response.status in (404, 410), response.status in (401, 403, 406)
            raise FetchError(f"the server answers {response.status}", gone=gone, refused=refused)
        if not isinstance(response, TextResponse):
            kind = response.headers.get("Content-Type", b"unknown type") or b""
            raise FetchError(f"this is no page but {kind.decode('latin-1')}")
        return Page(response.url, decoded(response.body, response.text))


def _reason(error: Exception, job: Job) -> str:
    name = type(error).__name__
    if "Cancelled" in name:
        return _too_large(job)
    if "Timeout" in name:
        return f"no answer within {job.crawl.timeout:g} s"
    return f"{name}: {error}"[:300]


def _refusal(reason: str, job: Job) -> str:
    """Why a request or its answer was refused; of what is too large unpacked Scrapy speaks in its own words."""
    return _too_large(job) if "DOWNLOAD_MAXSIZE" in reason else reason or "the request was refused"


def _too_large(job: Job) -> str:
    return f"the page is larger than {job.crawl.page_bytes} bytes (crawl.page_bytes in monitor.yaml)"


def emit(message: dict[str, Any]) -> None:
    """One line for the reading process; the end of this one where nobody reads any more."""
    try:
        sys.stdout.buffer.write(orjson.dumps(message | {"seen": dt.datetime.now(dt.UTC).isoformat()}) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(0)


async def _closed_input() -> None:
    """Returns when standard input is closed."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def settings_of(job: Job) -> dict[str, Any]:
    """The settings of Scrapy for a job."""
    crawl = job.crawl
    return {
        "USER_AGENT": crawl.user_agent,
        "ROBOTSTXT_OBEY": True,
        HOSTS: list(job.hosts),
        LOOPBACK: job.loopback,
        RETRY_WAIT: crawl.retry_wait,
        LONGEST_WAIT: crawl.longest_wait,
        "DOWNLOAD_DELAY": job.delay,
        "DOWNLOAD_DELAY_JITTER": 0,
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": job.delay,
        "DOWNLOAD_TIMEOUT": crawl.timeout,
        "DOWNLOAD_MAXSIZE": crawl.page_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "RETRY_TIMES": crawl.retries,
        "RETRY_GIVE_UP_LOG_LEVEL": "INFO",
        "REDIRECT_MAX_TIMES": 5,
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "DOWNLOAD_HANDLERS": {"http": f"{_HERE}.Once", "https": f"{_HERE}.Once"},
        "TWISTED_DNS_RESOLVER": f"{_HERE}.GuardedResolver",
        "DOWNLOADER_MIDDLEWARES": {
            f"{_HERE}.Boundary": 40,
            f"{_BASE}.offsite.OffsiteMiddleware": None,
            f"{_BASE}.robotstxt.RobotsTxtMiddleware": None,
            f"{_HERE}.Robots": 100,
            f"{_BASE}.retry.RetryMiddleware": None,
            f"{_HERE}.BackOff": 550,
        },
        "LOG_LEVEL": "ERROR",
        **_cache_settings(job),
    }


def _cache_settings(job: Job) -> dict[str, Any]:
    if not job.crawl.cache or job.probe:
        return {"HTTPCACHE_ENABLED": False}
    return {
        "HTTPCACHE_ENABLED": True,
        "HTTPCACHE_DIR": str(Path(job.crawl.cache) / job.source),
        "HTTPCACHE_POLICY": "scrapy.extensions.httpcache.RFC2616Policy",
        "HTTPCACHE_EXPIRATION_SECS": int(job.crawl.cache_days * 86_400),
        "HTTPCACHE_GZIP": True,
    }


def prune_cache(folder: Path, days: float) -> None:
    """Deletes pages that were stored more than so many days ago."""
    for page in folder.glob("*/*/*"):
        if page.is_dir() and time.time() - page.stat().st_mtime > days * 86_400:
            shutil.rmtree(page, ignore_errors=True)


def main() -> None:
    """Runs the job that stands on the first line of standard input."""
    os.umask(0o077)
    job = Job.model_validate_json(sys.stdin.buffer.readline())
    if job.crawl.cache:
        prune_cache(Path(job.crawl.cache) / job.source, job.crawl.cache_days)
    process = AsyncCrawlerProcess(settings_of(job))
    process.crawl(ForumSpider, job)
    process.start()


if __name__ == "__main__":
    main()
