"""Photographs every page over the bundled sample: `python docs/images/make_screenshots.py`, after `make monitor`.

Works on a copy of the database, into which it puts a draw with labels by two coders, so that Audit has something to
show. Needs playwright and a Chromium.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from configs.loading import load
from flows.audits import audit_windows, draw_audit
from pikir.benchmarks.served_page import served_page
from storage.audits import save_label
from storage.current import latest_model
from storage.database import Database, open_database
from storage.draws import drawn_posts_of
from storage.records import STANCES

HERE = Path(__file__).parent
WIDTH, TALLEST = 1280, 740
PAGES = {
    "overview": "/",
    "trends": "/trends/migrants?smooth=true",
    "panels": "/trends/migrants?group=narrative&by=month&smooth=true",
    "polls": "/polls/russia",
    "alerts": "/alerts",
    "alert": "/alerts/3",
    "posts": "/posts?target=migrants&stance=against&period=2022-W40&voice=person",
    "audit": "/audit/migrants",
    "adjudicate": "/audit/migrants/adjudicate",
    "sources": "/sources",
    "method": "/method",
}


def label_some(database: Database) -> None:
    """A draw of one month: two coders answer what the model says, and disagree on every ninth post."""
    settings = load()
    with database.read() as c:
        model = latest_model(c) or ""
    (window,) = audit_windows(database, settings, period="2022-10")
    drawn = draw_audit(database, settings, model, "migrants", window, 120)
    with database.write() as c:
        for place, post in enumerate(drawn_posts_of(c, drawn.draw.id or 0)[:70]):
            said = next(one for one in STANCES if one == post.stratum)
            other = STANCES[(STANCES.index(said) + 1) % 3]
            key = (post.source, post.native_id)
            save_label(c, "migrants", key, "aigerim", said)
            if place < 40:
                save_label(c, "migrants", key, "bolat", other if place % 9 == 4 else said)


def photograph(page: Page, address: str, file: Path) -> None:
    """One page as a PNG, as far down as 740 pixels, after its charts are drawn."""
    page.goto(address)
    for place in page.locator(".vega").all():
        place.locator("canvas").wait_for()
    page.wait_for_load_state("networkidle")
    height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
    page.screenshot(path=file, clip={"x": 0, "y": 0, "width": WIDTH, "height": height}, full_page=True)


def main(names: list[str], source: Path, folder: Path) -> None:
    """The named pages, or all."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        copy = Path(scratch) / "pikir.db"
        shutil.copy(source, copy)
        with open_database(f"sqlite:///{copy}") as database:
            label_some(database)
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": WIDTH, "height": 800}, locale="en-GB")
            with served_page(load(), database) as address:
                for name in names or list(PAGES):
                    photograph(page, address + PAGES[name], folder / f"{name}.png")
            browser.close()


if __name__ == "__main__":
    given = sys.argv[1:]
    where = Path(given.pop(given.index("--database") + 1)) if "--database" in given else Path("var/pikir.db")
    out = Path(given.pop(given.index("--out") + 1)) if "--out" in given else HERE
    main([one for one in given if not one.startswith("--")], where, out)
