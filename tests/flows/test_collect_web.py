"""Several forums in one run: each in a process of its own, and one that fails does not stop the others."""

from __future__ import annotations

from pathlib import Path

from board_server import Board, BoardServer

from flows.collect import collect
from storage.database import open_database
from storage.posts import count_posts
from storage.source_states import source_states


def test_a_run_that_its_budget_ends_has_not_read_the_source_to_its_end(checkout: Path) -> None:
    with BoardServer(Board({1: ["сәлем"], 2: ["привет"], 3: ["үш"]})) as board:
        configs, database = checkout / "configs", f"sqlite:///{checkout}/pikir.db"
        (configs / "sources.yaml").write_text(f"- {{name: one, kind: forum, web: '{board.url}'}}\n", encoding="utf-8")
        told = []
        for pages in (2, 20):
            crawl = f"crawl: {{delay: 0.01, retries: 0, pages: {pages}}}\n"
            (configs / "monitor.yaml").write_text(crawl, encoding="utf-8")
            collect(str(configs), database)
            with open_database(database) as opened, opened.read() as c:
                state = source_states(c)["one"]
            told.append((state.state, "crawl.pages" in state.reason, state.complete_at is not None))
    assert told == [("ok", True, False), ("ok", False, True)]


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
