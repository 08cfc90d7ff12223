"""Saved pages that were cut off, shuffled or nested into one another: whatever is left is read, and nothing breaks."""

from __future__ import annotations

import random
import re
from pathlib import Path

import extruct
import pytest
from forum_reading import packs
from reading import DATA

from collectors.forums.engines import detect, engine_of
from collectors.forums.feeds import FeedEngine, is_feed
from collectors.forums.pages import Page
from collectors.forums.run import Run
from collectors.forums.schema import SYNTAXES, SchemaEngine
from collectors.forums.state import State

FILES = sorted((DATA / "forums").rglob("*.*"))


def damaged(text: str, draw: random.Random) -> str:
    """The page with some of its pieces lost, doubled, swapped or put into others."""
    pieces = re.split(r"(?=[<{,])", text)
    for _ in range(draw.randint(1, 12)):
        one, other = draw.randrange(len(pieces)), draw.randrange(len(pieces))
        kind = draw.randrange(4)
        if kind == 0:
            pieces[one] = ""
        elif kind == 1:
            pieces[one] += pieces[other]
        elif kind == 2:
            pieces[one], pieces[other] = pieces[other], pieces[one]
        else:
            begin = min(one, other)
            pieces[begin:begin] = pieces[begin : begin + 40]
    whole = "".join(pieces)
    return whole[: draw.randint(0, len(whole))] if draw.random() < 0.3 else whole


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_damaged_page_breaks_nothing(path: Path) -> None:
    run = Run(_nothing, lambda _: None, State(), packs(), None, 1)
    draw, text = random.Random(path.name), path.read_text(encoding="utf-8")
    for _ in range(25):
        page = Page("https://forum.example.kz/t/1", damaged(text, draw))
        if is_feed(page):
            run.listed(page, FeedEngine())
            run.parsed(page, "1", FeedEngine())
            continue
        found = detect(page, packs())
        for engine in [found] if found else [engine_of(pack) for pack in packs()]:
            engine.listing(page)
            assert all(post.id for post in engine.thread(page, "1").posts)


def test_a_feed_over_which_its_parser_stumbles_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """feedparser raises KeyError where an element that it expects was lost."""
    rejected: list[list[str]] = []
    run = Run(_nothing, lambda told: rejected.extend(told["rejected"]), State(), packs(), None, 1)
    page = Page("https://f.kz/rss", '<rss version="2.0"><channel><item><title>a</title></item></channel></rss>')
    monkeypatch.setattr("collectors.forums.feeds.feedparser.parse", lambda *_, **__: {}["item"])
    assert run.listed(page, FeedEngine()).threads == ()
    assert "KeyError" in rejected[0][1]
    assert "KeyError" in run.parsed(page, "", FeedEngine()).faults[0][1]


async def _nothing(url: str) -> Page:
    return Page(url, "")


def test_addresses_that_are_none_cost_nothing_else() -> None:
    """On a page that names them as its base, or as an author's address."""
    whole = page("schema_jsonld.html", "https://f.kz/t/5")
    broken = Page(
        whole.url,
        whole.text.replace("<head>", '<head><base href="https://[x">').replace("https://f.kz/u/askar", "http://[x"),
    )
    posts = SchemaEngine().thread(broken, "/t/5").posts
    assert broken.base == whole.url
    assert [post.text for post in posts] == [post.text for post in SchemaEngine().thread(whole, "/t/5").posts]


@pytest.mark.parametrize("name", ["schema_jsonld.html", "schema_microdata.html"])
def test_a_link_that_is_none_does_not_hide_what_a_page_declares(name: str) -> None:
    whole = page(name, "https://f.kz/topic/5")
    links = '<p itemscope itemtype="https://schema.org/Person"><a itemprop="url" href="http://[сайт]">x</a></p>'
    broken = Page(whole.url, whole.text.replace("</body>", f"{links}</body>"))
    with pytest.raises(KeyError):
        extruct.extract(broken.text, base_url=broken.url, syntaxes=SYNTAXES, uniform=True, errors="ignore")
    assert SchemaEngine().thread(broken, "5").posts == SchemaEngine().thread(whole, "5").posts != []


def page(name: str, url: str) -> Page:
    return Page(url, next((DATA / "forums").rglob(name)).read_text(encoding="utf-8"))
