"""Turns around collecting: a source, an account and a host have one reader at a time, over all processes."""

from __future__ import annotations

import threading

import pytest
from operating import Configure

from collectors.collector import SourcePostponed
from configs.settings import SourceSettings
from flows.runs import running, stopping
from flows.slots import hosts, turn
from flows.workspace import Workspace
from storage.database import Database
from storage.runs import runs


@pytest.fixture
def workspace(store: Database, configure: Configure) -> Workspace:
    return Workspace(configure(), store)


def read_at_once(workspace: Workspace, readings: list[tuple[str, list[str], int]]) -> int:
    """How many of the readings were under way at the same time, at most."""
    lock, now, most = threading.Lock(), 0, 0
    together = threading.Barrier(len(readings))

    def read(source: str, places: list[str], limit: int) -> None:
        nonlocal now, most
        together.wait()
        with turn(workspace, source, places, limit):
            with lock:
                now += 1
                most = max(most, now)
            threading.Event().wait(0.2)
            with lock:
                now -= 1

    threads = [threading.Thread(target=read, args=reading) for reading in readings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return most


def test_one_account_is_used_by_one_reader_at_a_time(workspace: Workspace) -> None:
    assert read_at_once(workspace, [(name, ["telegram a"], 1) for name in "xyz"]) == 1


def test_a_host_is_asked_by_as_many_as_are_allowed(workspace: Workspace) -> None:
    assert read_at_once(workspace, [(name, ["host h"], 2) for name in "wxyz"]) == 2


def test_a_source_is_read_once_at_a_time_whatever_it_is_read_from(workspace: Workspace) -> None:
    assert read_at_once(workspace, [("x", [place], 1) for place in ("host g", "host h")]) == 1


def test_who_is_to_stop_waits_for_nobody(workspace: Workspace) -> None:
    stopping.set()
    try:
        second = turn(workspace, "x")
        with turn(workspace, "x"), pytest.raises(SourcePostponed, match="the next run reads this source"), second:
            pass
    finally:
        stopping.clear()


def test_the_hosts_of_a_source(workspace: Workspace) -> None:
    form = SourceSettings.model_validate(
        {
            "name": "board",
            "kind": "forum",
            "web": {
                "start": ["https://Board.example.org/a", "https://board.example.org/b"],
                "hosts": ["img.example.org:8080"],
            },
        }
    )
    assert hosts(form) == ["host board.example.org", "host img.example.org:8080"]
    assert hosts(SourceSettings(name="chat", kind="group", path="x.json")) == []


def test_a_run_within_a_run_tells_which_it_belongs_to(workspace: Workspace) -> None:
    from flows.runs import run_id

    with running(workspace, "run") as outer, running(workspace, "collect") as inner:
        assert run_id.get() == f"{outer}/{inner}"
    assert run_id.get() == ""


def test_two_runs_at_once_run_one_after_the_other(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    begun = threading.Barrier(2)

    def run() -> None:
        begun.wait()
        with running(workspace, "run"):
            threading.Event().wait(0.3)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with workspace.database.read() as c:
        first, second = sorted(runs(c, "run"), key=lambda one: one.started_at)
    assert first.ended_at is not None
    assert first.ended_at <= second.started_at
    assert {first.state, second.state} == {"finished"}
    assert caplog.text.count("another process runs it on this store; waiting for it to end") == 1
