"""How fast pages of forums become posts, and how fast messages of a Telegram server on loopback reach the database.

The pages are those saved in tests/data/forums with their posts repeated, twenty a page as boards show them; the time is
that of one processor from the page's text to masked and pseudonymous posts. The server is the one that the tests talk
to, in a process of its own: what it takes for encryption counts against the wall clock only.
"""

from __future__ import annotations

import datetime as dt
import importlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from pydantic import SecretBytes
from selectolax.lexbor import LexborHTMLParser, LexborNode

from collectors.forums.engines import engine_of
from collectors.forums.forum import open_web
from collectors.forums.markup import value
from collectors.forums.pages import Engine, Page, told
from collectors.forums.schema import SchemaEngine
from collectors.privacy import Pseudonymiser
from configs.boards import EngineRules
from configs.crawling import CrawlSettings, WebSettings
from storage.records import Source

COLUMNS = ["what", "n", "seconds", "per_second", "processor_seconds", "per_processor_second", "target", "ratio"]
POSTS_TARGET, MESSAGES_TARGET = 300, 3_000
PER_PAGE = 20
ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "tests" / "data" / "forums"
PEER = ROOT / "tests" / "peers" / "telegram"

# Engine → the path at which its saved page could stand.
_PATHS = {
    "phpbb": "/viewtopic.php?t=12",
    "vbulletin": "/showthread.php?15-shkola",
    "xenforo": "/threads/sosedi.12/",
    "invision": "/topic/31-pereezd/",
    "smf": "/index.php?topic=5.0",
    "mybb": "/showthread.php?tid=8",
    "misago": "/t/sosedi/3/",
    "spirit": "/topic/3/sosedi/",
    "hyperkitty": "/archives/list/dialog@example.org/thread/ABCDEFGHIJKLMNOPQRSTUVWXYZ234567/?noscript",
    "wordpress": "/arenda/",
}


def measure(
    posts: int, messages: int, packs: Sequence[EngineRules], log: Callable[[str], None]
) -> list[dict[str, Any]]:
    """A row for each engine, one for all of them, and one for Telegram. FileNotFoundError outside of a checkout."""
    log(f"{posts:,} posts on pages of {len(_PATHS) + 1} kinds …")
    rows = list(_forums(posts, packs))
    count, seconds = sum(row["n"] for row in rows), sum(row["processor_seconds"] for row in rows)
    rows.append(_row("forum posts parsed, all", count, seconds, seconds, POSTS_TARGET, by_processor=True))
    log(f"{messages:,} messages of a server on loopback …")
    return [*rows, _telegram(messages)]


def _forums(posts: int, packs: Sequence[EngineRules]) -> Iterator[dict[str, Any]]:
    each = -(-posts // (len(_PATHS) + 1))
    for pack in packs:
        if pack.engine in _PATHS:
            yield _parsed(pack.engine, engine_of(pack), _page(pack), each, packs)
    misago = next(pack for pack in packs if pack.engine == "misago")
    yield _parsed("schema.org", SchemaEngine(), _page(misago), each, packs)


def _parsed(name: str, engine: Engine, page: Page, posts: int, packs: Sequence[EngineRules]) -> dict[str, Any]:
    collector = open_web(
        Source("board", "forum"),
        WebSettings(start=(page.url,)),
        CrawlSettings(),
        packs,
        pseudonymiser=Pseudonymiser(SecretBytes(b"a key for measuring only, 0123456789")),
        timezone=ZoneInfo("Asia/Almaty"),
    )
    seen, count, began = dt.datetime.now(dt.UTC).isoformat(), 0, time.process_time()
    while count < posts:
        message = told(engine.thread(page, engine.thread_id(page.url)), page, "1") | {"seen": seen}
        count += len(collector.read(orjson.loads(orjson.dumps(message))).posts)
    taken = time.process_time() - began
    return _row(f"forum posts parsed, {name}", count, taken, taken, POSTS_TARGET, by_processor=True)


def _page(pack: EngineRules) -> Page:
    """The engine's saved page, with its posts repeated under other numbers until there are twenty."""
    tree = LexborHTMLParser((PAGES / f"{pack.engine}.html").read_text(encoding="utf-8"))
    nodes = next(found for selector in pack.posts.post if (found := tree.css(selector)))
    # Of posts within posts the inner ones are repeated.
    whole = [node for node in nodes if not any(node.css(selector)[1:] for selector in pack.posts.post)] or nodes
    for number in range(PER_PAGE - len(nodes)):
        nodes[-1].insert_after(_copy(whole[number % len(whole)], pack, 5000 + number))
    return Page(f"http://board.example{_PATHS[pack.engine]}", tree.html or "")


def _copy(node: LexborNode, pack: EngineRules, number: int) -> LexborNode:
    old, html = value(node, pack.posts.id), node.html or ""
    body = LexborHTMLParser(html.replace(old, f"{number}{old[4:]}") if old else html).body
    assert body is not None
    assert body.child is not None
    for text in filter(None, map(body.css_first, pack.posts.text)):
        text.insert_child(f" Сообщение {number}.")
        break
    return body.child


def _telegram(messages: int) -> dict[str, Any]:
    if not (PEER / "telegram_load.py").exists():
        raise FileNotFoundError(f"{PEER} is missing: the benchmark runs from a checkout with its tests")
    sys.path.insert(0, str(PEER))
    try:
        load = importlib.import_module("telegram_load")
        with tempfile.TemporaryDirectory() as folder:
            stored, seconds, processor = load.measure(messages, Path(folder))
    finally:
        sys.path.remove(str(PEER))
    return _row("Telegram messages stored", stored, seconds, processor, MESSAGES_TARGET)


def _row(
    what: str, n: int, seconds: float, processor: float, target: int, *, by_processor: bool = False
) -> dict[str, Any]:
    speed = n / (processor if by_processor else seconds)
    return {
        "what": what,
        "n": n,
        "seconds": round(seconds, 2),
        "per_second": round(n / seconds),
        "processor_seconds": round(processor, 2),
        "per_processor_second": round(n / processor),
        "target": target,
        "ratio": round(speed / target, 2),
    }
