"""Posts seeded = posts stored, exactly: on the first run, after new posts, an edit, a deletion, a kill half-way."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from forum_peers import Peer

from flows.collect import collect_web
from flows.storing import Collected
from flows.workspace import open_workspace
from storage.database import open_database
from storage.posts import changed_posts
from storage.records import Post

AGENT = "pikir-tests (nobody@example.org)"
DELAY = 0.05
ROOT = Path(__file__).parents[3]
RUN = """
import sys
from flows.collect import collect_web
from flows.workspace import open_workspace
with open_workspace(sys.argv[1], sys.argv[2]) as workspace:
    collect_web(workspace, workspace.settings.sources[0])
"""


@pytest.fixture
def place(checkout: Path, peer: Peer) -> Path:
    """A checkout that is set to read the forum."""
    zone = f", timezone: {peer.software.zone}" if peer.software.zone else ""
    (checkout / "configs" / "sources.yaml").write_text(
        f"- {{name: board, kind: forum, web: {{start: '{peer.url}'{zone}}}}}\n", encoding="utf-8"
    )
    (checkout / "configs" / "monitor.yaml").write_text(
        f"crawl: {{user_agent: '{AGENT}', delay: {DELAY}, cache: '', retry_wait: 0.2}}\n", encoding="utf-8"
    )
    return checkout


def collect(place: Path) -> Collected:
    with open_workspace(str(place / "configs"), f"sqlite:///{place}/pikir.db") as workspace:
        return collect_web(workspace, workspace.settings.sources[0])


def stored(place: Path) -> dict[str, Post]:
    with open_database(f"sqlite:///{place}/pikir.db") as database, database.read() as c:
        return {one.post.native_id: one.post for one in changed_posts(c, 0, 100_000)}


def expected(peer: Peer, rows: list[dict[str, Any]]) -> dict[str, tuple[str, dt.datetime, str]]:
    return {
        peer.native_id(row): (row["text"], dt.datetime.fromisoformat(row["at"]), peer.native_id(row, "reply_to"))
        for row in rows
    }


def told(posts: dict[str, Post]) -> dict[str, tuple[str, dt.datetime, str]]:
    return {native_id: (post.text, post.posted_at, post.reply_to) for native_id, post in posts.items()}


def test_posts_seeded_are_posts_stored(peer: Peer, place: Path) -> None:
    first = collect(place)
    assert first.error == ""
    assert told(stored(place)) == expected(peer, peer.seeded)
    assert (first.new, first.rejected) == (len(peer.seeded), 0)
    authors = {row["author"]: stored(place)[peer.native_id(row)].author for row in peer.seeded}
    assert len(set(authors.values())) == len(authors), "an author is one pseudonym"
    check_manners(peer)

    rows = peer.seeded + peer.seed("more")
    second = collect(place)
    assert (second.new, second.changed) == (len(rows) - len(peer.seeded), 0)
    assert told(stored(place)) == expected(peer, rows)

    (edit,) = peer.seed("edit")
    third = collect(place)
    assert (third.new, third.changed, third.error) == (0, 1, "")
    assert stored(place)[peer.native_id(edit)].text == edit["text"]
    fourth = collect(place)
    assert (fourth.new, fourth.changed, fourth.deleted) == (0, 0, 0), "the same forum twice stores nothing twice"

    gone = {peer.native_id(row) for row in peer.seed("delete")}
    assert collect(place).deleted == len(gone)
    assert {native_id for native_id, post in stored(place).items() if post.deleted_at} == gone


def test_a_run_that_is_killed_and_run_again_equals_an_undisturbed_one(peer: Peer, place: Path) -> None:
    database = f"sqlite:///{place}/pikir.db"
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(place / "configs"), database], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    while process.poll() is None and len(peer.requests()) < 6:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(1)
    quiet = len(peer.requests())
    time.sleep(1)
    assert len(peer.requests()) == quiet, "the crawling process does not outlive the one that was killed"
    assert collect(place).error == ""
    assert told(stored(place)) == expected(peer, peer.seeded)


def check_manners(peer: Peer) -> None:
    """In the server's log: who asks is named, robots.txt comes first and is obeyed, the pace is kept."""
    log = peer.requests()
    assert log[0]["path"] == "/robots.txt"
    assert {row["agent"] for row in log} == {AGENT}
    assert not [row["path"] for row in log if row["path"].startswith(("/user/", "/u/", "/admin"))]
    assert [row for row in log if row["status"] != 200 and row["path"] != "/robots.txt"] == []
    gaps = [later["time"] - earlier["time"] for earlier, later in itertools.pairwise(log)]
    assert min(gaps) > DELAY * 0.8
