"""How soon a reader sees the first chart, in Chromium, over the server that was just measured."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable
from typing import Any

_LIMIT = 1500.0
_VISITS = 5
_PAGES = (("first chart: trends", "/trends/migrants"), ("first chart: polls", "/polls/russia"))


def first_chart(port: int, report: Callable[[str], None]) -> list[dict[str, Any]]:
    """Milliseconds from asking for a page until its chart is drawn, with an empty cache: rows like those of routes.

    No rows, and the reason told, where there is no Chromium or Playwright.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        report("no browser: playwright is not installed (pip install -e '.[dev]')")
        return []
    if chromium is None:
        report("no browser: there is no chromium on this machine")
        return []
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, path in _PAGES:
            times = [_visit(browser, f"http://127.0.0.1:{port}{path}") for _ in range(_VISITS)]
            middle = statistics.median(times)
            rows.append(
                {
                    "route": name,
                    "kind": "browser",
                    "n": len(times),
                    "p50_ms": round(middle, 1),
                    "max_ms": round(max(times), 1),
                    "wanted": f"p50 <= {_LIMIT:g} ms",
                    "met": "yes" if middle <= _LIMIT else "no",
                }
            )
        browser.close()
    return rows


def _visit(browser: Any, address: str) -> float:
    """One visit with nothing in the cache; the time is the browser's own, from the start of the navigation."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(".vega canvas", timeout=60_000)
    took = float(page.evaluate("performance.now()"))
    context.close()
    return took
