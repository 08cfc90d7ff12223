"""Posts that vanish from a forum, come back, or are older than asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from board_server import Board, BoardServer

from flows.collect import collect_web
from flows.storing import Collected
from flows.workspace import open_workspace
from storage.database import open_database
from storage.posts import changed_posts
from storage.rejected import rejected
from storage.source_summary import source_rows

Run = Callable[..., Collected]


@pytest.fixture
def board() -> Board:
    return Board({n: [f"сообщение {n}-{one}" for one in range(size)] for n, size in enumerate((13, 4, 1, 7), start=1)})


@pytest.fixture
def run(board: Board, checkout: Path) -> Iterator[Run]:
    """One reading of the board; `since` as in sources.yaml."""
    with BoardServer(board) as server:

        def once(since: str = "") -> Collected:
            line = f"- {{name: board, kind: forum, web: '{server.url}'{f', since: {since}' if since else ''}}}\n"
            (checkout / "configs" / "sources.yaml").write_text(line, encoding="utf-8")
            crawl = "crawl: {delay: 0.0, retries: 0, retry_wait: 0.01, timeout: 2, cache: ''}\n"
            (checkout / "configs" / "monitor.yaml").write_text(crawl, encoding="utf-8")
            with open_workspace(str(checkout / "configs"), url(checkout)) as workspace:
                return collect_web(workspace, workspace.settings.sources[0])

        yield once


def url(checkout: Path) -> str:
    return f"sqlite:///{checkout}/pikir.db"


def texts(checkout: Path, *, gone: bool) -> set[str]:
    with open_database(url(checkout)) as database, database.read() as c:
        return {one.post.text for one in changed_posts(c, 0, 1000) if (one.post.deleted_at is not None) is gone}


def test_posts_that_are_gone_are_deleted_wherever_they_stood(board: Board, run: Run, checkout: Path) -> None:
    total = run().new
    gone = {"сообщение 1-0", "сообщение 1-4", "сообщение 1-7", "сообщение 1-10", "сообщение 4-6", "сообщение 2-0"}
    board.deleted |= gone
    assert run().deleted == len(gone)
    assert texts(checkout, gone=True) == gone
    assert len(texts(checkout, gone=False)) == total - len(gone)
    assert (run().deleted, run().changed) == (0, 0), "a deletion is told once"
    with open_database(url(checkout)) as database, database.read() as c:
        (row,) = source_rows(c, dt.datetime.now(dt.UTC))
    assert row["deleted"] == len(gone)

    board.deleted -= {"сообщение 1-7"}
    run()
    assert texts(checkout, gone=True) == gone - {"сообщение 1-7"}, "a post that is back is no longer deleted"


def test_a_thread_that_is_gone_twice_is_deleted(board: Board, run: Run, checkout: Path) -> None:
    run()
    taken = set(board.threads.pop(2))
    assert run().deleted == 0, "once may be a mishap"
    assert run().deleted == len(taken)
    assert texts(checkout, gone=True) == taken
    assert run().rejected == 0, "what is gone is not asked for again"


def test_what_fails_is_no_deletion(board: Board, run: Run, checkout: Path) -> None:
    faults = ["500", "429", "hang", "loop", "cut", "garbage", "wall", "forbidden"]
    board.threads |= {n: [f"{n}-{one}" for one in range(4)] for n in range(11, 11 + len(faults))}
    board.threads[4] = [f"сообщение 4-{one}" for one in range(5)]
    run()
    board.faults = {f"/viewtopic.php?t={n}": [fault] * 3 for n, fault in enumerate(faults, start=11)}
    # All but one of the posts are missing from this page: so does a page look that shows the rest to members only.
    board.deleted |= set(board.threads[4][1:])
    assert (run().deleted, run().deleted) == (0, 0)
    assert texts(checkout, gone=True) == set()
    with open_database(url(checkout)) as database, database.read() as c:
        assert [one for one in rejected(c, "board") if "not shown whole" in one.reason]


def test_since_leaves_out_what_is_older_and_reads_it_when_it_is_moved_back(
    board: Board, run: Run, checkout: Path
) -> None:
    board.threads = {n: [f"{n}-{one}" for one in range(30)] for n in (1, 2)} | {3: ["3-0"], 4: ["4-0"]}
    # The thirtieth post of a thread is of the second day of September.
    board.active = {1: "2026-09-02T05:00:00+00:00", 2: "2026-08-01T00:00:00+00:00", 3: "2026-09-01T00:00:00+00:00"}
    first = run(since="2026-09-02")
    kept = texts(checkout, gone=False)
    assert kept == {f"1-{one}" for one in range(19, 30)}, "Almaty's second of September begins at 19:00 UTC"
    assert first.new == len(kept)
    assert not [path for path in board.paths() if f"{path}&".count("t=2&")], (
        "a thread silent since before is not even asked for"
    )
    assert run(since="2026-09-02").new == 0
    assert texts(checkout, gone=True) == set(), "what was left out was not deleted"
    run(since="2026-08-31")
    assert texts(checkout, gone=False) == set(board.threads[1]) | {"3-0", "4-0"}
    run()
    assert texts(checkout, gone=False) == {text for thread in board.threads.values() for text in thread}
