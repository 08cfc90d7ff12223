"""A dense schedule with readers on the page, in short; `pikir benchmark schedule --minutes 60` is the whole of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pikir.benchmarks.schedule import measure, overlaps
from storage.records import Run

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def test_nothing_overlaps_or_fails_while_readers_load_the_page(tmp_path: Path) -> None:
    rows = measure(tmp_path, seconds=12, every=2, flow="maintain", readers=2, log=lambda _: None)
    told = {row["what"]: row["value"] for row in rows}
    assert told["runs"] >= 4
    assert (told["overlaps"], told["failed"], told["pages failed"]) == (0, 0, 0)
    # A machine that stands still for two seconds makes one run of two; the run that follows makes up for it.
    assert told["missed"] <= 1
    assert told["pages loaded"] > 5
    assert told["memory growth, last quarter to second"] < 0.1


def test_overlaps_are_counted_by_flow() -> None:
    def run(flow: str, begin: int, end: int) -> Run:
        minute = dt.timedelta(minutes=1)
        return Run(f"{flow}{begin}", flow, "finished", NOON + begin * minute, NOON + end * minute)

    assert overlaps([run("a", 0, 2), run("b", 1, 3), run("a", 2, 4)]) == 0
    assert overlaps([run("a", 0, 5), run("a", 1, 2), run("a", 3, 4), run("a", 5, 6)]) == 2
