"""`pikir probe`: what would be read of a forum, before anything is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from board_server import Board, BoardServer
from click.testing import Result
from typer.testing import CliRunner

from collectors.batches import CollectorError
from pikir.cli.app import app

TEXTS = ["звоните +7 701 123 45 67", *(f"пікір {number}" for number in range(2, 9))]


@pytest.fixture
def board() -> Board:
    return Board({1: ["жалғыз"], 2: TEXTS})


@pytest.fixture
def url(board: Board) -> Iterator[str]:
    with BoardServer(board) as server:
        yield server.url


def probe(checkout: Path, url: str, *words: str) -> Result:
    (checkout / "configs" / "monitor.yaml").write_text("crawl: {delay: 0.01, retries: 0}\n", encoding="utf-8")
    return CliRunner().invoke(app, ["probe", url, "--config", str(checkout / "configs"), *words])


def test_engine_threads_and_five_posts_as_they_would_be_stored(board: Board, url: str, checkout: Path) -> None:
    result = probe(checkout, url, "--format", "json")
    assert result.exit_code == 0, result.output
    (told,) = json.loads(result.stdout)
    assert told["engine"] == "phpbb"
    assert [thread["title"] for thread in told["threads"]] == ["Тема 2", "Тема 1"]
    assert [post["text"] for post in told["posts"]] == ["звоните [phone]", *TEXTS[1:5]]
    assert told["posts"][0]["id"] == "/viewtopic.php?p=2000#p2000"
    assert "ник" not in result.stdout, "authors appear as pseudonyms"
    assert len(board.log) <= 4, "a look is a list and a page or two"
    assert not list(checkout.rglob("*.db")), "nothing is stored"
    assert not (checkout / "var" / "cache" / "pages").exists()


def test_a_person_is_told_how_to_collect_it(url: str, checkout: Path) -> None:
    result = probe(checkout, url)
    assert "engine: phpbb; 0 boards and 2 threads" in result.output
    assert f"web: {url}" in " ".join(result.output.split())


def test_what_cannot_be_read_says_what_to_do(url: str, checkout: Path) -> None:
    unknown = probe(checkout, f"{url}robots.txt")
    assert isinstance(unknown.exception, CollectorError)
    assert "web.rules" in str(unknown.exception)
    other = probe(checkout, url, "--engine", "xenforo", "--format", "json")
    assert other.exit_code == 1, "read by the rules of another engine it has no posts"
