"""A day of schedule in an hour: `pikir serve` runs a flow every minute while posts come in and people load the page.

It is a process of its own, as in production, on a temporary store that begins with the bundled sample; the page is
served here. Told are: instants that no run was begun for, runs of one flow that overlapped, runs that failed, posts
that were written to the source and are not stored once, how the memory of the process moved, and what readers met.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from configs.loading import load
from configs.paths import copy_shipped
from pikir.benchmarks.processes import usage
from pikir.benchmarks.served_page import served_page
from storage.database import Database, open_database
from storage.posts import count_posts
from storage.records import Run
from storage.runs import runs

COLUMNS = ["what", "value", "target"]
PAGES = ("/", "/trends?target=migrants", "/alerts", "/polls", "/sources", "/api/v1/sources")
POSTS_A_RUN = 50
_MEMORY_GROWTH = 0.05
_LONGEST_FIRST_RUN = 600.0


def measure(
    place: Path, *, seconds: float, every: int, flow: str, readers: int, log: Callable[[str], None]
) -> list[dict[str, Any]]:
    """The rows of the benchmark, after `seconds` in which `flow` was due every `every` seconds. `place`: empty."""
    config = _configured(place, flow, every)
    settings = load(config)
    with open_database(settings.monitor.database) as database, _serving(config, place) as process:
        log("the first run, on the bundled sample …")
        begin = _first_finished(database, flow, process, place)
        log(f"{flow} every {every} s, for {seconds:.0f} s, with {readers} readers …")
        memory: list[float] = []
        with served_page(settings, database) as address, _reading(address, readers) as met:
            written = _live(place, process, begin, seconds, every, memory, posts=flow == "run")
        end = dt.datetime.now(dt.UTC)
        if flow == "run":
            _wait_for_the_last(database, end)
        _stop(process)
        with database.read() as c:
            found, stored = runs(c, last=1_000_000), count_posts(c, "arrivals")
    return [
        *_of_runs(found, flow, begin, end, every),
        *_of_posts(written, stored),
        *_of_memory(memory),
        *_of_pages(met),
    ]


def _configured(place: Path, flow: str, every: int) -> Path:
    # Not the user's own, whose recipients must not be told of a trial.
    config = copy_shipped(place / "configs")
    sample = Path(__file__).parent.parent / "sample" / "data"
    sources = (config / "sources.yaml").read_text(encoding="utf-8").replace("pikir/sample/data", str(sample))
    (place / "arrivals.jsonl").touch()
    arrivals = "- {name: arrivals, kind: group, path: arrivals.jsonl, title: '[simulated] Arrivals'}\n"
    (config / "sources.yaml").write_text(sources + arrivals, encoding="utf-8")
    schedule = f"schedule: {{{flow}: every {every}s, deliver: every {every}s}}\n"
    (config / "monitor.yaml").write_text(
        f"database: sqlite:///pikir.db\nprivacy: {{pseudonym_key_file: pseudonym.key}}\n{schedule}", encoding="utf-8"
    )
    return config


@contextmanager
def _serving(config: Path, place: Path) -> Iterator[subprocess.Popen[bytes]]:
    environ = {**os.environ, "PREFECT_HOME": str(place / "prefect"), "PIKIR_CONFIG": str(config)}
    environ.pop("PIKIR_DATABASE", None)
    with (place / "serve.log").open("wb") as log:
        command = [sys.executable, "-m", "pikir", "serve", "--log-format", "json"]
        process = subprocess.Popen(command, env=environ, stderr=log, stdout=log)  # noqa: S603
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _first_finished(database: Database, flow: str, process: subprocess.Popen[bytes], place: Path) -> dt.datetime:
    """When the second run began: from there on it is counted."""
    until = time.monotonic() + _LONGEST_FIRST_RUN
    while time.monotonic() < until and process.poll() is None:
        with database.read() as c:
            begun = [run for run in runs(c, flow) if run.state == "finished"]
        if begun:
            return begun[0].started_at
        time.sleep(0.2)
    raise RuntimeError(f"no run of {flow} was finished: {(place / 'serve.log').read_text(encoding='utf-8')[-2000:]}")


def _live(
    place: Path,
    process: subprocess.Popen[bytes],
    begin: dt.datetime,
    seconds: float,
    every: int,
    memory: list[float],
    *,
    posts: bool,
) -> int:
    """Posts arrive and memory is looked at until the time is over; how many posts were written."""
    written, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        if posts:
            written = _arrive(place / "arrivals.jsonl", written, begin)
        memory.append(usage(process.pid).own)
        time.sleep(max(0.0, min(every, until - time.monotonic())))
    return written


def _arrive(path: Path, written: int, begin: dt.datetime) -> int:
    texts = ("Релоканты хорошие ребята", "Понаехали релоканты, пусть едут обратно", "Какая сегодня погода?")
    with path.open("a", encoding="utf-8") as stream:
        for number in range(written, written + POSTS_A_RUN):
            at = begin - dt.timedelta(days=40) + dt.timedelta(minutes=number)
            row = {"id": number, "date": at.isoformat(), "text": texts[number % 3], "author": f"author{number % 40}"}
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return written + POSTS_A_RUN


def _wait_for_the_last(database: Database, end: dt.datetime) -> None:
    """One more run takes up what arrived last."""
    for _ in range(600):
        with database.read() as c:
            if any(run.started_at > end and run.state == "finished" for run in runs(c, "run", 3)):
                return
        time.sleep(0.5)


@contextmanager
def _reading(address: str, readers: int) -> Iterator[list[tuple[float, bool]]]:
    """Readers who load one page after another, a second apart; what each load took, and whether it went well."""
    met: list[tuple[float, bool]] = []
    over = threading.Event()

    def read(number: int) -> None:
        while not over.wait(1.0):
            begun = time.monotonic()
            try:
                with urllib.request.urlopen(address + PAGES[number % len(PAGES)], timeout=60) as answer:  # noqa: S310
                    well = bool(answer.read())
            except (urllib.error.URLError, OSError):
                well = False
            met.append((time.monotonic() - begun, well))
            number += 1

    threads = [threading.Thread(target=read, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    try:
        yield met
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=300)


def _of_runs(
    found: Sequence[Run], flow: str, begin: dt.datetime, end: dt.datetime, every: int
) -> Iterator[dict[str, Any]]:
    own = sorted(
        (run for run in found if run.flow == flow and begin <= run.started_at < end), key=lambda r: r.started_at
    )
    due = int((end - begin).total_seconds() // every)
    yield {"what": "runs", "value": len(own), "target": ""}
    yield {"what": "missed", "value": max(0, due - len(own)), "target": 0}
    yield {"what": "overlaps", "value": overlaps(found), "target": 0}
    yield {"what": "failed", "value": sum(run.state == "failed" for run in found), "target": 0}
    longest = max(((run.ended_at or end) - run.started_at).total_seconds() for run in own)
    yield {"what": "longest run, s", "value": round(longest, 1), "target": ""}


def overlaps(found: Sequence[Run]) -> int:
    """How often a run of a flow began before the one before it of the same flow had ended."""
    many, ends = 0, dict[str, dt.datetime]()
    for run in sorted(found, key=lambda one: one.started_at):
        many += run.flow in ends and run.started_at < ends[run.flow]
        if run.ended_at:
            ends[run.flow] = max(run.ended_at, ends.get(run.flow, run.ended_at))
    return many


def _of_posts(written: int, stored: int) -> Iterator[dict[str, Any]]:
    yield {"what": "posts that arrived", "value": written, "target": ""}
    yield {"what": "posts lost or doubled", "value": abs(written - stored), "target": 0}


def _of_memory(memory: Sequence[float]) -> Iterator[dict[str, Any]]:
    quarter = max(1, len(memory) // 4)
    before, after = statistics.median(memory[quarter : 2 * quarter] or memory), statistics.median(memory[-quarter:])
    yield {"what": "memory, MiB", "value": round(after, 1), "target": ""}
    grown = 0.0 if not before else after / before - 1
    yield {"what": "memory growth, last quarter to second", "value": round(grown, 3), "target": _MEMORY_GROWTH}


def _of_pages(met: Sequence[tuple[float, bool]]) -> Iterator[dict[str, Any]]:
    took = sorted(seconds for seconds, _ in met)
    yield {"what": "pages loaded", "value": len(met), "target": ""}
    yield {"what": "pages failed", "value": sum(not well for _, well in met), "target": 0}
    if took:
        yield {"what": "page, median s", "value": round(took[len(took) // 2], 3), "target": ""}
        yield {"what": "page, 95th percentile s", "value": round(took[int(0.95 * (len(took) - 1))], 3), "target": ""}
