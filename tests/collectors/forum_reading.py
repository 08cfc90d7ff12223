"""What the tests of forums share: rule packs, and a collector of a page on loopback."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from reading import PSEUDONYMISER

from collectors.batches import CollectorError
from collectors.forums.forum import ForumCollector, open_web
from configs.boards import EngineRules
from configs.checking import check
from configs.crawling import CrawlSettings, WebSettings
from configs.paths import SHIPPED_FORUMS
from configs.reading import read_yaml
from storage.records import Post, Rejected, Source

ZONE = ZoneInfo("Asia/Almaty")
SEEN = dt.datetime(2026, 11, 25, 10, 0, tzinfo=dt.UTC)


@cache
def packs() -> tuple[EngineRules, ...]:
    """The rule packs that come with pikir."""
    read = [check(read_yaml(file), EngineRules) for file in sorted(SHIPPED_FORUMS.glob("*.yaml"))]
    assert not [problem for _, problems in read for problem in problems]
    return tuple(pack for pack, _ in read if pack)


def open_board(url: str, cache_folder: Path | str = "", kind: Any = "forum", **crawl: Any) -> ForumCollector:
    """A collector of the site at `url`, quick and impatient unless told otherwise."""
    quick: dict[str, Any] = {"delay": 0.0, "retry_wait": 0.05, "timeout": 2.0, "retries": 1, "page_bytes": 1_000_000}
    web = crawl.pop("web", {})
    settings = CrawlSettings(**{**quick, "cache": str(cache_folder), **crawl})
    return open_web(
        Source("board", kind),
        WebSettings(start=(url,), **web),
        settings,
        packs(),
        pseudonymiser=PSEUDONYMISER,
        timezone=ZONE,
    )


@dataclass
class Run:
    """All that one run gave: posts by id, what was set aside, the position, and the error it ended with."""

    posts: dict[str, Post] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    position: str | None = None
    error: CollectorError | None = None
    told: int = 0

    @property
    def texts(self) -> set[str]:
        return {post.text for post in self.posts.values()}


def run(collector: ForumCollector, position: str | None = None) -> Run:
    """Reads to the end."""
    result = Run(position=position)
    try:
        for batch in collector.collect(position):
            result.posts |= {post.native_id: post for post in batch.posts}
            result.told += len(batch.posts)
            result.rejected += batch.rejected
            result.position = batch.position
    except CollectorError as error:
        result.error = error
    return result


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on loopback while the block lasts; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
