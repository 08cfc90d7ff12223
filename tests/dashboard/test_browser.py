"""The page in a real browser: charts are drawn, no error on the console, a figure leads to its posts."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from configs.loading import load
from dashboard.app import create_app
from storage.database import Database

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture
def address(database: Database) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create_app(load(), database, local=True)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_click_through_without_an_error(address: str) -> None:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        errors: list[str] = []
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{address}/?lang=en")
        page.click(".figure.against .big a")
        assert page.locator("article.post").count() == 4
        page.go_back()
        page.goto(f"{address}/trends/migrants")
        page.wait_for_selector(".vega canvas")
        page.goto(f"{address}/alerts/1")
        page.click("button.main")
        assert "taken note of by local" in page.inner_text("main")
        browser.close()
    assert errors == []
