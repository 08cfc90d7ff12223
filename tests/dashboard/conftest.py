"""A page over a small database: one source, hostile texts, shares of two weeks, an alert and a draw."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_trial import PASSWORD
from starlette.testclient import TestClient

from configs.loading import load
from dashboard.access.passwords import hashed
from dashboard.app import create_app
from pikir.benchmarks.served_page import served_page
from storage.alerts import store_alert
from storage.cursors import write_cursor
from storage.database import Database, open_database
from storage.opinions import replace_opinions
from storage.posts import upsert_posts
from storage.records import Alert, Opinion, Post, Share, Source
from storage.shares import replace_shares
from storage.sources import upsert_source
from storage.users import User, write_user

MODEL = "trial-1"
HOSTILE = (
    "<script>alert(1)</script> мигранты",
    '=HYPERLINK("http://example.org") мигранты',
    "мигранты " + "\u0301" * 10_000,
    "\u202eмигранты\u202c </script><img src=x onerror=alert(2)>",
)
NOW = dt.datetime(2022, 10, 5, 6, tzinfo=dt.UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{tmp_path / 'page.db'}") as opened:
        with opened.write() as c:
            upsert_source(c, Source("trial", "csv", "trial.csv", "Trial", "ru", "", None))
            posts = [
                Post("trial", str(n), NOW + dt.timedelta(hours=n), text, author=f"author{n}secret", language="ru")
                for n, text in enumerate(HOSTILE)
            ]
            upsert_posts(c, posts)
            read = [
                Opinion("trial", str(n), "migrants", MODEL, 0.8, 0.1, 0.1, "against", 0, 8, "мигранты")
                for n in range(4)
            ]
            replace_opinions(c, [("trial", str(n)) for n in range(4)], MODEL, read)
            for week, day, share in (("2022-W39", 26, 0.4), ("2022-W40", 3, 0.55)):
                starts = dt.date(2022, 9 if day == 26 else 10, day)
                told = [
                    Share(
                        target="migrants", by="week", period=week, group="all", value="", voices="people",
                        among="opinionated", stance=stance, model=MODEL, starts=starts, share=value,
                        low=value - 0.1, high=value + 0.1, n_posts=90, n_authors=60, n_labels=0, n_eff=50.0,
                        deff=1.2, method="pcc", complete=True,
                    )
                    for stance, value in (("against", share), ("favor", 1 - share))
                ]  # fmt: skip
                replace_shares(c, target="migrants", model=MODEL, by="week", periods=[week], shares=told)
            write_cursor(c, f"estimate:{MODEL}:week", "1")
            store_alert(c, Alert("=cmd", "migrants", "all", "", "2022-10-05", "mentions", 9.0, 3.0, 5.0, 2.0), [])
        yield opened


@pytest.fixture
def page(database: Database) -> Iterator[TestClient]:
    """The page on loopback, without users."""
    with TestClient(create_app(load(), database, local=True), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def guarded(database: Database) -> Iterator[TestClient]:
    """The page with a viewer, a coder and an operator."""
    with database.write() as c:
        for role in ("viewer", "coder", "operator"):
            write_user(c, User(f"a-{role}", role, hashed(PASSWORD)))  # type: ignore[arg-type]
    with TestClient(create_app(load(), database, local=True), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def address(database: Database) -> Iterator[str]:
    """The page served on loopback."""
    with served_page(load(), database) as address:
        yield address


@pytest.fixture
def browser() -> Iterator[Any]:
    """Chromium without a window; skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("the page is clicked through in Chromium, which is not installed: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()
