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
    """The engine whose marks are on the page: a feed, a rule pack in the order of their names, else schema.org.

    None where nothing is recognised.
    """
    if is_feed(page):
        return FeedEngine()
    tree = LexborHTMLParser(page.text)
    for pack in packs:
        if any(tree.css_first(mark) is not None for mark in pack.detect):
            return engine_of(pack)
    engine = SchemaEngine()
    return engine if declares(page) or engine.listing(page).threads else None
