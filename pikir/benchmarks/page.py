"""How fast the page answers: a drawn monitor, the real server, many readers, and a run that writes meanwhile."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from configs.loading import load
from configs.paths import copy_shipped
from pikir.benchmarks import page_readers, page_store
from pikir.benchmarks.page_routes import ROUTES
from pikir.benchmarks.page_world import SOURCES
from pikir.benchmarks.processes import machine_busy, usage
from storage.database import open_database
from storage.posts import count_posts

COLUMNS = ("route", "kind", "n", "p50_ms", "p95_ms", "max_ms", "processor_ms", "ratio", "wanted", "met")
_LIMIT = 300.0
_MEMORY = 300.0
_FLOOR = "method"
_ALONE = 15


@dataclass(frozen=True)
class Asked:
    """What is measured: opinions in the database, readers at once, for how many seconds, the seconds
    each pauses on average after an answer, with a browser or without."""

    opinions: int = 1_000_000
    readers: int = 20
    seconds: float = 60.0
    pause: float = 1.0
    browser: bool = False


def measure(url: str, folder: Path, asked: Asked, report: Callable[[str], None]) -> tuple[list[dict[str, Any]], str]:
    """Rows by route and of the whole, and a line about the machine. `folder` takes the configuration of the server.

    The database at `url` is filled where it is empty, and used as it is where it holds as many posts already.
    """
    config = _configuration(folder)
    _fill(url, config, asked.opinions, report)
    with _server(url, config) as (port, pid):
        times, whole = _under_load(url, port, pid, asked, report)
        report("each route alone, for its processor time")
        alone = {one.name: _processor_ms(port, pid, one.name) for one in ROUTES}
        rows = [_row(one.name, one.kind, times.get(one.name, []), alone[one.name], alone[_FLOOR]) for one in ROUTES]
        if asked.browser:
            from pikir.benchmarks.page_browser import first_chart

            rows += first_chart(port, report)
    return rows + whole.rows(), whole.about


@dataclass(frozen=True)
class _Whole:
    """The load as one: requests answered, seconds, the server's peak memory (MiB, alone and with its
    helper) and processor seconds."""

    requests: int
    seconds: float
    peak: tuple[float, float]
    processor: float
    written: dict[str, int]
    about: str

    def rows(self) -> list[dict[str, Any]]:
        """Lines below the routes."""
        each = round(1000 * self.processor / max(self.requests, 1), 2)
        memory = {"wanted": f"<= {_MEMORY:g} MB", "met": _met(self.peak[0], _MEMORY)}
        figures: tuple[tuple[str, float, dict[str, Any]], ...] = (
            ("memory of the server, MB at its peak", round(self.peak[0]), memory),
            ("with the helper that draws pictures", round(self.peak[1]), {}),
            ("requests a second", round(self.requests / self.seconds, 1), {}),
            ("processor ms a request, of the mix", each, {}),
            ("posts written meanwhile", self.written["posts"], {}),
        )
        return [{"route": name, "kind": "whole", "n": value, **more} for name, value, more in figures]


def _under_load(
    url: str, port: int, pid: int, asked: Asked, report: Callable[[str], None]
) -> tuple[page_readers.Times, _Whole]:
    """The readers and the writer, each a process, against the server that has just started."""
    report(f"{asked.readers} readers for {asked.seconds:g} s, while a run writes")
    peak, over = [0.0, 0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            now = usage(pid)
            peak[:] = [max(peak[0], now.own), max(peak[1], now.resident)]

    watcher = threading.Thread(target=watch)
    watcher.start()
    before, busy, began = usage(pid), machine_busy(), time.perf_counter()
    module = [sys.executable, "-m"]
    readers = [*module, "pikir.benchmarks.page_readers", str(port), str(asked.seconds), str(asked.readers)]
    readers.append(str(asked.pause))
    writer = [*module, "pikir.benchmarks.page_writer", url, str(asked.seconds)]
    try:
        with subprocess.Popen(writer, stdout=subprocess.PIPE, text=True) as writing:  # noqa: S603
            read = subprocess.run(readers, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
            written = json.loads(writing.communicate()[0])
    finally:
        over.set()
        watcher.join()
    took, used, now = time.perf_counter() - began, usage(pid).processor - before.processor, machine_busy()
    times: page_readers.Times = json.loads(read.stdout)
    load = (now[0] - busy[0]) / max(now[1] - busy[1], 1e-9)
    about = (
        f"{os.cpu_count()} processors, {load:.0%} busy, {used / took:.2f} of them with the server; {url.split(':')[0]}"
    )
    return times, _Whole(sum(map(len, times.values())), took, (peak[0], peak[1]), used, written, about)


def _processor_ms(port: int, pid: int, route: str) -> float:
    """Milliseconds of processor that the server spends on one request of a route, cold ones among them."""
    before = usage(pid).processor
    page_readers.one_after_another(port, route, _ALONE, seed=99)
    return 1000 * (usage(pid).processor - before) / _ALONE


def _row(name: str, kind: str, times: list[float], processor: float, floor: float) -> dict[str, Any]:
    row: dict[str, Any] = {"route": name, "kind": kind, "n": len(times), "processor_ms": round(processor, 1)}
    row["ratio"] = round(processor / floor, 1) if floor else None
    if times:
        p50, p95, most = np.percentile(times, [50, 95, 100])
        row |= {"p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "max_ms": round(most, 1)}
        if kind == "page":
            row |= {"wanted": f"p95 <= {_LIMIT:g} ms", "met": _met(p95, _LIMIT)}
    return row


def _met(value: float, limit: float) -> str:
    return "yes" if value <= limit else "no"


def _configuration(folder: Path) -> Path:
    """The configuration of this checkout with the drawn sources, and without a limit on requests."""
    made = copy_shipped(folder / "configs")
    monitor = {"dashboard": {"requests_per_minute": 10_000_000}}
    (made / "monitor.yaml").write_text(yaml.safe_dump(monitor), encoding="utf-8")
    sources = [{"name": name, "kind": kind, "title": name.title(), "enabled": True} for kind, name in SOURCES]
    (made / "sources.yaml").write_text(yaml.safe_dump(sources), encoding="utf-8")
    return made


def _fill(url: str, config: Path, opinions: int, report: Callable[[str], None]) -> None:
    with open_database(url) as database:
        with database.read() as c:
            there = count_posts(c)
        if there and there < opinions:
            raise ValueError(f"{database.url_safe} holds {there:,} posts already: give an empty database, or its size")
        if not there:
            report(f"drawing a monitor of {opinions:,} opinions over three years")
            page_store.fill(database, load(config), opinions, report)


@contextmanager
def _server(url: str, config: Path) -> Iterator[tuple[int, int]]:
    """`pikir dashboard` in a process of its own; its port and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [sys.executable, "-m", "pikir", "dashboard"]
    options = ["--port", str(port), "--config", str(config), "--database", url]
    with subprocess.Popen([*program, *options], stderr=subprocess.DEVNULL) as server:  # noqa: S603
        try:
            _wait(port, server)
            yield port, server.pid
        finally:
            server.terminate()


def _wait(port: int, server: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/static/vega.js", timeout=5).close()
            return
        except urllib.error.URLError:
            time.sleep(0.05)
    raise RuntimeError("the server of the page did not start; run it alone to see why: pikir dashboard")
