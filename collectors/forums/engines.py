"""Which engine reads a page: the configured one, or the first whose marks are on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from selectolax.lexbor import LexborHTMLParser

from collectors.batches import CollectorError
from collectors.forums.discourse import DiscourseEngine
from collectors.forums.feeds import FeedEngine, is_feed
from collectors.forums.hyperkitty import HyperKittyEngine
from collectors.forums.markup import MarkupEngine
from collectors.forums.pages import Engine, Page
from collectors.forums.schema import SchemaEngine, declares
from configs.boards import EngineRules

AUTO = "auto"


def engine_of(rules: EngineRules) -> Engine:
    """The engine that a rule pack asks for."""
    if rules.reader == "discourse":
        return DiscourseEngine(rules)
    if rules.reader == "schema":
        return SchemaEngine()
    return HyperKittyEngine(rules) if rules.reader == "hyperkitty" else MarkupEngine(rules)


def find_engine(name: str, packs: Sequence[EngineRules]) -> Engine | None:
    """The engine of this name, None for `auto`. CollectorError, naming those that there are, for an unknown one."""
    if name == AUTO:
        return None
    if name in ("feed", "schema"):
        return FeedEngine() if name == "feed" else SchemaEngine()
    for pack in packs:
        if pack.engine == name:
            return engine_of(pack)
    known = ", ".join(sorted({AUTO, "schema", "feed", *(pack.engine for pack in packs)}))
    raise CollectorError(f"there is no forum engine {name!r}; there are {known}")


def detect(page: Page, packs: Iterable[EngineRules]) -> Engine | None:
    """The engine whose marks are on the page: a feed, a rule pack, else schema.org. Of several packs the one that finds
    most on it: the marks of another may stand in a post or an advertisement.

    None where nothing is recognised.
    """
    if is_feed(page):
        return FeedEngine()
    tree = LexborHTMLParser(page.text)
    marked = [engine_of(pack) for pack in packs if any(tree.css_first(mark) is not None for mark in pack.detect)]
    found = [(_found(engine, page), engine) for engine in marked]
    most, best = max(found, key=lambda pair: pair[0], default=((0, 0), None))
    schema = SchemaEngine()
    if not any(most) and (declares(page) or schema.listing(page).threads):
        return schema
    return best


def _found(engine: Engine, page: Page) -> tuple[int, int]:
    """How many posts and threads an engine finds on a page, and how many boards."""
    listing = engine.listing(page)
    return len(engine.thread(page, engine.thread_id(page.url)).posts) + len(listing.threads), len(listing.boards)
