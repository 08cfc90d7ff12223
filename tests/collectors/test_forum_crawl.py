"""The crawl of a board over real HTTP: completeness, new posts, edits, faults, robots, pace, bounds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from board_server import Board, BoardServer
from forum_reading import Run, open_board, run

from collectors.batches import SourcePostponed, SourceUnavailable


@pytest.fixture
def board() -> Board:
    sizes = (12, 3, 6, 1, 5, 7)
    return Board({n: [f"сообщение {n}-{one}" for one in range(size)] for n, size in enumerate(sizes, start=1)})


@pytest.fixture
def url(board: Board) -> Iterator[str]:
    with BoardServer(board) as server:
        yield server.url


def texts(board: Board) -> set[str]:
    return {board.edits.get(text, text) for thread in board.threads.values() for text in thread}


def test_every_post_once_then_only_what_is_new_then_edits(board: Board, url: str) -> None:
    first = run(open_board(url))
    assert first.error is None
    assert first.texts == texts(board)
    assert (first.told, first.rejected) == (board.count(), [])
    assert len(board.log) == len(set(board.paths())), "no page was asked for twice"
    assert first.posts["/viewtopic.php?p=1000#p1000"].thread == "1"

    board.log.clear()
    board.threads[1] += ["новое 12", "новое 13"]
    board.threads[9] = ["совсем новая тема"]
    board.edits["сообщение 1-0"] = "передумал"
    second = run(open_board(url, recheck_pages=0), first.position)
    assert second.texts >= {"новое 12", "новое 13", "совсем новая тема"}
    asked = [path for path in board.paths() if "viewtopic" in path]
    assert asked == ["/viewtopic.php?t=1&start=10", "/viewtopic.php?t=9"], "unchanged pages are left alone"

    third = run(open_board(url), second.position)
    assert "передумал" in third.texts, "known pages are read again for edits"
    assert third.posts["/viewtopic.php?p=1000#p1000"].author == first.posts["/viewtopic.php?p=1000#p1000"].author


def test_a_thread_to_begin_at_is_read_alone_and_goes_on_where_it_ended(board: Board, url: str) -> None:
    """Its pages list threads that are like it."""
    first = run(open_board(f"{url}viewtopic.php?t=1"))
    assert first.texts == set(board.threads[1])
    board.threads[1] += ["новое 12"]
    board.log.clear()
    second = run(open_board(f"{url}viewtopic.php?t=1", recheck_pages=0), first.position)
    assert "новое 12" in second.texts
    assert board.paths() == ["/robots.txt", "/viewtopic.php?t=1", "/viewtopic.php?t=1&start=10"]


def test_pages_in_another_encoding_than_their_server_says(board: Board, url: str) -> None:
    board.faults = {"/": ["1251"], "/viewtopic.php?t=1": ["1251"], "/viewtopic.php?t=5": ["latin"]}
    assert run(open_board(url)).texts == texts(board)


FAULTS = {
    "/viewtopic.php?t=2": ["500", "500"],
    "/viewtopic.php?t=3": ["429"],
    "/viewtopic.php?t=4": ["hang", "hang"],
    "/viewtopic.php?t=5": ["huge"],
    "/viewtopic.php?t=6": ["bomb"],
    "/viewtopic.php?t=7": ["loop"],
    "/viewtopic.php?t=8": ["garbage"],
    "/viewtopic.php?t=9": ["offsite"],
    "/viewtopic.php?t=10": ["private"],
    "/viewtopic.php?t=11": ["binary"],
    "/viewtopic.php?t=12": ["cut"],
    "/viewtopic.php?t=14": ["long"],
    "/viewtopic.php?t=15": ["drip", "drip"],
    "/viewtopic.php?t=16": ["deflate"],
    "/viewtopic.php?t=17": ["reset", "reset"],
    "/viewtopic.php?t=18": ["elsewhere"],
    "/viewtopic.php?t=19": ["nonsense", "nonsense"],
    "/viewtopic.php?t=1&start=5": ["500", "500"],
}


def test_a_page_that_fails_loses_nothing_else_and_is_read_in_the_next_run(board: Board, url: str) -> None:
    for number in range(7, 21):
        board.threads[number] = [f"сообщение {number}-{one}" for one in range(3)]
    board.faults = {path: list(faults) for path, faults in FAULTS.items()}
    first = run(open_board(url))
    assert first.error is None
    whole = {text for n in (3, 13, 20) for text in board.threads[n]} | set(board.threads[1][:5])
    assert first.texts >= whole
    assert first.texts >= set(board.threads[1][10:]), "the pages behind a page that fails are read as well"
    places = " ".join(item.place for item in first.rejected)
    failed = [path for path in FAULTS if path != "/viewtopic.php?t=3"]
    assert [path for path in failed if path not in places] == []
    reasons = {item.place.removeprefix(url.rstrip("/")): item.reason for item in first.rejected}
    for fault in ("huge", "bomb", "long", "deflate"):
        path = next(path for path, faults in FAULTS.items() if fault in faults)
        assert "crawl.page_bytes" in reasons[path], fault
    asked = [at for at, path, _ in board.log if path == "/viewtopic.php?t=3"]
    assert asked[1] - asked[0] >= 1.0, "as long as Retry-After asks for"

    board.faults = {}
    second = run(open_board(url), first.position)
    assert {post.text for post in (first.posts | second.posts).values()} == texts(board)
    assert run(open_board(url, recheck_pages=0), second.position).told == 0


def test_robots_pace_agent_and_session_ids(board: Board, url: str) -> None:
    board.robots = (200, "User-agent: *\nCrawl-delay: 0.4\nDisallow: /viewtopic.php?t=3\n")
    result = run(open_board(url, delay=0.2, user_agent="watcher (ops@example.org)"))
    assert result.texts == texts(board) - set(board.threads[3])
    assert not [path for path in board.paths() if "t=3" in path or "sid=" in path]
    assert {headers["user-agent"] for _, _, headers in board.log} == {"watcher (ops@example.org)"}
    gaps = [later - earlier for (earlier, _, _), (later, _, _) in itertools.pairwise(board.log[1:])]
    assert min(gaps) > 0.3, "the longer of our delay and the site's Crawl-delay is kept"


@pytest.mark.parametrize("status", [503, 429, 0], ids=["unavailable", "too many", "hangs"])
def test_robots_that_cannot_be_read_forbid_everything(board: Board, url: str, status: int) -> None:
    board.robots = (status, "")
    result = run(open_board(url))
    assert isinstance(result.error, SourcePostponed)
    assert "robots.txt" in str(result.error)
    assert set(board.paths()) == {"/robots.txt"}


def test_pace_is_kept_through_faults_and_a_board_without_robots_is_read(board: Board, url: str) -> None:
    board.robots = (404, "")
    broken = {2: "500", 3: "429", 4: "loop", 5: "reset"}
    board.faults = {f"/viewtopic.php?t={thread}": [fault] for thread, fault in broken.items()}
    result = run(open_board(url, delay=0.3))
    assert result.texts == texts(board) - set(board.threads[4])
    gaps = [later - earlier for (earlier, _, _), (later, _, _) in itertools.pairwise(board.log)]
    assert min(gaps) > 0.2, "retries and redirects keep the pace as well"


def test_a_long_wait_leaves_the_source_for_the_next_run(board: Board, url: str) -> None:
    board.faults = {"/viewtopic.php?t=6": ["429_long"]}
    first = run(open_board(url))
    assert isinstance(first.error, SourcePostponed)
    assert "7200 s" in str(first.error)
    assert first.texts == set(board.threads[1])
    second = run(open_board(url), first.position)
    assert first.texts | second.texts == texts(board)


def test_a_budget_of_pages_is_kept_and_runs_go_on_where_the_last_one_stopped(board: Board, url: str) -> None:
    found: set[str] = set()
    position = None
    for _ in range(12):
        board.log.clear()
        part = run(open_board(url, pages=3, recheck_pages=0), position)
        assert len([path for path in board.paths() if path != "/robots.txt"]) <= 3
        found |= part.texts
        position = part.position
    assert found == texts(board)


def test_pages_that_did_not_change_are_confirmed_not_sent(board: Board, url: str, tmp_path: Path) -> None:
    board.etags = True
    first = run(open_board(url, tmp_path))
    second = run(open_board(url, tmp_path), first.position)
    assert board.hits > 8
    assert second.texts == first.texts
    assert not [path for path in tmp_path.rglob("*") if path.stat().st_mode & 0o077], "others may not read the cache"


def test_an_unknown_site_is_an_error_that_says_what_to_do(board: Board, url: str) -> None:
    result = run(open_board(f"{url}robots.txt"))
    assert isinstance(result.error, SourceUnavailable)
    assert "web.rules" in str(result.error)


def broken_off(collector: object, after: int) -> Run:
    """Takes some batches and leaves, as a process that is killed does."""
    result = Run()
    for batch in itertools.islice(collector.collect(None), after):  # type: ignore[attr-defined]
        result.posts |= {post.native_id: post for post in batch.posts}
        result.position = batch.position
    return result


def test_a_run_that_is_broken_off_anywhere_goes_on_there(
    board: Board, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collectors.forums.forum.BATCH_POSTS", 5)
    for after in (1, 3, 6):
        first = broken_off(open_board(url), after)
        board.log.clear()
        second = run(open_board(url, recheck_pages=0), first.position)
        assert first.texts | second.texts == texts(board)
        assert first.told + second.told <= board.count() + 12, "only the pages at the break are read again"
