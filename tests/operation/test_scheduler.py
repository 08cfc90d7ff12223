"""The scheduler with a clock of the test's own: when flows begin, what is made up for, and who is told of trouble."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from operating import Configure, Operator

from configs.settings import Settings
from flows.runs import running
from flows.scheduler import Scheduler
from flows.workspace import Workspace
from storage.alerts import alerts
from storage.database import Database
from storage.records import Heartbeat
from storage.runs import heartbeat, progress, runs, write_progress

START = dt.datetime(2026, 3, 2, 6, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


class World:
    """A scheduler whose one flow, `deliver`, counts its runs; `at` moves the clock and looks once."""

    def __init__(self, store: Database, settings: Settings, work: Callable[[], object] = lambda: None) -> None:
        self.store, self.settings, self.now = store, settings, START
        self.begun: list[dt.datetime] = []
        self.work = work
        self.stop = threading.Event()
        self.restart()

    def restart(self) -> None:
        jobs = {"deliver": self._run, "maintain": self._run_other}
        self.others = 0
        self.scheduler = Scheduler(self.store, self.settings, jobs, stop=self.stop, clock=lambda: self.now)

    def at(self, minutes: float, *, ended: bool = True) -> int:
        self.now = START + minutes * MINUTE
        self.scheduler.tick()
        if ended:
            self.scheduler.finish()
        return len(self.begun)

    def _run(self) -> None:
        self.begun.append(self.now)
        with running(Workspace(self.settings, self.store), "deliver"):
            self.work()

    def _run_other(self) -> None:
        self.others += 1


def test_an_interval_begins_at_once_and_keeps_its_pace(store: Database, configure: Configure) -> None:
    world = World(store, configure("{deliver: every 10m}"))
    assert [world.at(minutes) for minutes in (0, 5, 9.9, 10, 19, 21, 29.9, 30)] == [1, 1, 1, 2, 2, 3, 3, 4]


def test_a_fixed_time_is_waited_for(store: Database, configure: Configure) -> None:
    world = World(store, configure('{deliver: "30 11 * * *"}'))  # 11:00 in Almaty is START
    assert [world.at(minutes) for minutes in (0, 29, 30, 31, 60 * 24, 60 * 24 + 30)] == [0, 0, 1, 1, 1, 2]


def test_what_was_missed_is_caught_up_by_one_run(
    store: Database, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(store, configure('{deliver: "*/10 * * * *"}'))
    assert [world.at(minutes) for minutes in (0, 10)] == [0, 1]
    world.restart()
    assert [world.at(minutes) for minutes in (300, 301, 309, 310)] == [2, 2, 2, 3]
    assert "28 of its instants were missed" in caplog.text


def test_a_flow_never_runs_twice_at_once_and_holds_up_no_other(store: Database, configure: Configure) -> None:
    release = threading.Event()
    world = World(store, configure("{deliver: every 1m, maintain: every 1m}"), lambda: release.wait(20))
    assert [world.at(minutes, ended=False) for minutes in (0, 1, 2, 3)] == [1, 1, 1, 1]
    assert world.scheduler.running == ["deliver"]
    assert world.others >= 3
    release.set()
    world.scheduler.finish()
    assert [world.at(minutes) for minutes in (3.5, 4)] == [2, 3]


def test_a_run_that_was_cut_off_is_begun_again_once(store: Database, configure: Configure) -> None:
    world = World(store, configure('{deliver: "0 0 * * *"}'))
    world.at(0)
    with store.write() as c:
        known = progress(c)["deliver"]
        write_progress(c, [replace(known, began_at=START)])
    world.restart()
    assert [world.at(minutes) for minutes in (1, 2)] == [1, 1]
    with store.write() as c:
        known = progress(c)["deliver"]
        assert known.interrupted == 1
        write_progress(c, [replace(known, ended_at=None)])
    world.restart()
    assert world.at(3) == 1, "what dies in every run is not begun over and over"


def test_another_schedule_begins_with_now(store: Database, configure: Configure) -> None:
    world = World(store, configure('{deliver: "0 * * * *"}'))
    world.at(0)
    world.settings = configure('{deliver: "50 10 * * *"}')  # ten minutes before START, which was never missed
    world.restart()
    assert world.at(1) == 0


def test_a_clock_that_is_set_back_neither_repeats_nor_stops(store: Database, configure: Configure) -> None:
    world = World(store, configure("{deliver: every 1m}"))
    assert [world.at(minutes) for minutes in (0, 1, 2)] == [1, 2, 3]
    assert [world.at(minutes) for minutes in (-60, -59, -58)] == [3, 4, 5]
    daily = World(store, configure('{maintain: "0 11 * * *"}'))
    daily.at(-10)
    daily.at(0)
    daily.at(-30)
    daily.at(0)
    assert daily.others == 1, "noon came twice, and it was run once"


def test_the_operator_is_told_once_that_a_flow_fails_and_once_that_it_works_again(
    store: Database, configure: Configure, operator: Operator
) -> None:
    def work() -> None:
        if broken:
            raise OSError(28, "No space left on device", "postgresql://me:secret-hush@db/pikir")

    broken = True
    world = World(store, configure("{deliver: every 1m, maintain: every 1m}"), work)
    assert [world.at(minutes) for minutes in (0, 1, 2)] == [1, 2, 3]
    assert world.others == 3, "a flow that fails stops no other"
    broken = False
    world.at(3)
    world.at(4)
    assert [title.partition(" since")[0] for title in operator.titles] == [
        "The flow deliver fails",
        "Over: The flow deliver fails",
    ]
    assert "No space left on device" in operator.messages[0]["message"]
    assert "after 3 that failed" in operator.messages[1]["message"]
    assert "hush" not in str(operator.messages)
    with store.read() as c:
        (told,) = alerts(c, kind="operator")
        assert (told.value, told.measure, told.explanation["failures"]) == ("deliver", "failed", 3)
        assert [run.state for run in runs(c, "deliver")] == ["finished"] * 2 + ["failed"] * 3


def test_the_operator_is_told_of_a_flow_that_is_late(store: Database, configure: Configure, operator: Operator) -> None:
    release = threading.Event()
    world = World(store, configure("{deliver: every 10m, late_after: 3}"), lambda: release.wait(20))
    for minutes in (0, 10, 20, 30, 39):
        world.at(minutes, ended=False)
    with store.read() as c:
        assert alerts(c, kind="operator") == []
    for minutes in (41, 43, 60):
        world.at(minutes, ended=False)
    with store.read() as c:
        assert [(one.value, one.measure) for one in alerts(c, kind="operator")] == [("deliver", "late")]
    release.set()
    world.scheduler.finish()
    with store.read() as c:
        assert [one.ended is not None for one in alerts(c, kind="operator")] == [True]
    assert operator.titles[-1].startswith("Over: The flow deliver is late")


def test_a_configuration_that_was_broken_meanwhile_is_a_failure_that_is_told(
    store: Database, configure: Configure, operator: Operator
) -> None:
    settings = configure("{maintain: every 1m}")
    world = World(store, settings)

    def fails() -> None:
        raise ValueError("monitor.yaml, line 3: half a file")

    world.scheduler = Scheduler(store, settings, {"maintain": fails}, stop=world.stop, clock=lambda: world.now)
    for minutes in (0, 1):
        world.at(minutes)
    with store.read() as c:
        assert [(run.state, run.error) for run in runs(c)] == [
            ("failed", "ValueError: monitor.yaml, line 3: half a file")
        ] * 2
    assert len(operator.titles) == 1


def test_a_store_that_is_away_for_a_while_stops_nothing(
    store: Database, configure: Configure, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(store, configure("{deliver: every 1m}"))
    world.at(0)
    with monkeypatch.context() as away:

        def refuse(_self: Database) -> None:
            raise sa.exc.OperationalError("BEGIN", {}, Exception("the connection was closed"))

        away.setattr(Database, "write", refuse)
        away.setattr(Database, "read", refuse)
        assert [world.at(minutes) for minutes in (1, 2, 3)] == [1, 1, 1]
    assert world.at(4) == 2
    assert caplog.text.count("the store cannot be used") == 1
    assert "the store can be used again" in caplog.text


def test_it_gives_a_sign_of_life(store: Database, configure: Configure) -> None:
    world = World(store, configure())
    for minutes in (0, 0.1, 7):
        world.at(minutes)
    with store.read() as c:
        last = heartbeat(c, "serve")
    assert isinstance(last, Heartbeat)
    assert (last.started_at, last.beat_at) == (START, START + 7 * MINUTE)
