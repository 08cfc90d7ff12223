"""Every page in Chromium: axe finds nothing serious, a phone need not scroll sideways, print leaves the forms out."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from disputed import disagree, draw_four

from storage.database import Database

PAGES = (
    "/", "/trends/migrants", "/trends/migrants?group=source", "/polls/migrants", "/alerts", "/alerts/1", "/posts",
    "/audit/migrants", "/audit/migrants/adjudicate", "/audit/migrants/progress", "/sources", "/method", "/nowhere",
)  # fmt: skip


@pytest.fixture
def full(database: Database) -> None:
    draw_four(database, "trial-1")
    disagree(database)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(address: str, browser: Any, full: None, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    found = []
    for path in PAGES:
        page.goto(address + path)
        answer = Axe().run(page).response
        assert answer["passes"], "axe has looked"
        found += [
            (path, one["id"], one["impact"], [node["html"][:120] for node in one["nodes"]][:3])
            for one in answer["violations"]
            if one["impact"] in ("serious", "critical")
        ]
    assert found == []


def test_a_phone_need_not_scroll_sideways(address: str, browser: Any, full: None) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(f"{address}/?lang=ru")  # the longest words
    wide = []
    for path in PAGES:
        page.goto(address + path)
        for place in page.locator(".vega").all():
            place.locator("canvas").wait_for()
        width = page.evaluate("document.documentElement.scrollWidth")
        wide += [(path, width)] if width > 360 else []
    assert wide == []


@pytest.mark.parametrize("width", [360, 1280])
def test_the_names_of_lines_stand_inside_the_chart(address: str, browser: Any, full: None, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 740})
    page.goto(f"{address}/trends/migrants?lang=kk")
    page.locator(".vega canvas").wait_for()
    figure = page.locator(".chart")
    assert figure.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert page.locator(".vega canvas").bounding_box()["width"] > 0.9 * figure.bounding_box()["width"]


def test_print_leaves_out_what_is_for_the_screen(address: str, browser: Any, full: None) -> None:
    page = browser.new_page()
    page.goto(f"{address}/trends/migrants")
    page.emulate_media(media="print")
    assert page.locator("main h1").is_visible()
    assert page.locator("table").first.is_visible()
    for part in ("nav", ".filters", ".downloads", ".languages"):
        assert not page.locator(part).first.is_visible(), part
