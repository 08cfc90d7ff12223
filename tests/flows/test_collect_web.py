"""Several forums in one run: each in a process of its own, and one that fails does not stop the others."""

from __future__ import annotations

from pathlib import Path

from board_server import Board, BoardServer

from flows.collect import collect
from storage.database import open_database
from storage.posts import count_posts


def test_forums_are_collected_one_after_the_other(checkout: Path) -> None:
    first, second = Board({1: ["сәлем", "привет"]}, etags=True), Board({1: ["один"], 2: ["екі", "үш"]})
    with BoardServer(first) as one, BoardServer(second) as two:
        sources = [("one", one.url), ("gone", "http://127.0.0.1:9/"), ("two", two.url)]
        (checkout / "configs" / "sources.yaml").write_text(
            "".join(f"- {{name: {name}, kind: forum, web: '{url}'}}\n" for name, url in sources), encoding="utf-8"
        )
        (checkout / "configs" / "monitor.yaml").write_text("crawl: {delay: 0.01, retries: 0}\n", encoding="utf-8")
        database = f"sqlite:///{checkout}/pikir.db"
        results = {result.source: result for result in collect(str(checkout / "configs"), database)}
        again = {result.source: result for result in collect(str(checkout / "configs"), database)}
    assert [(results[name].new, results[name].error) for name in ("one", "two")] == [(2, ""), (3, "")]
    assert results["gone"].error
    assert [(again[name].new, again[name].changed) for name in ("one", "two")] == [(0, 0), (0, 0)]
    with open_database(database) as opened, opened.read() as c:
        assert count_posts(c) == 5
    assert first.hits > 0, "the second run only asks whether pages have changed"
    assert list((checkout / "var" / "cache" / "pages" / "one").rglob("*")), "kept where the configuration says"
