"""`pikir benchmark cluster`: annotation on one Dask worker of this machine and on several, and what is stored then."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from configs.loading import load
from configs.paths import SHIPPED
from pikir.benchmarks.load import Load
from pikir.benchmarks.run import RunError, configured
from storage.database import open_database
from storage.fingerprint import fingerprint
from storage.runs import latest_runs

COLUMNS = ("workers", "posts", "seconds", "posts_per_second", "times_one", "target", "same_result")
TIMES_ONE = 1.7
_WARM = Load(800, 0.2)
_PORT = 18_786
_BATCH = 1000
_KEPT = ("opinions", "posts", "readings")


def measure(
    posts: int, mentioning: float, workers: int, folder: Path, report: Callable[[str], None]
) -> list[dict[str, Any]]:
    """A row for one worker of one thread, and one for `workers` of them, on equal databases (SQLite).

    Workers load the model on other posts first, off the clock. seconds: of the flow, without the start of the program.
    same_result: whether opinions, languages and readings
    are those that the first row left.
    """
    targets = load(SHIPPED).targets
    for name, amount in (("warm", _WARM), ("posts", Load(posts, mentioning))):
        amount.write(folder / name / "data", targets)
        _with_cluster(configured(folder / name))
        report(f"importing {amount.posts:,} posts")
        _pikir("collect", folder / name, folder / name / "empty.db")
    rows: list[dict[str, Any]] = []
    first: dict[str, str] = {}
    for count in dict.fromkeys((1, workers)):
        with _cluster(count):
            _timed(folder / "warm", count)
            report(f"annotating {posts:,} posts on {count} worker{'s' * (count > 1)}")
            seconds = _timed(folder / "posts", count)
        found = _left(folder / "posts" / f"{count}.db")
        first = first or found
        times = rows[0]["seconds"] / seconds if rows else 1.0
        rows.append(
            {
                "workers": count,
                "posts": posts,
                "seconds": round(seconds, 1),
                "posts_per_second": round(posts / seconds),
                "times_one": round(times, 2),
                "target": TIMES_ONE if count == 2 else "",
                "same_result": found == first,
            }
        )
    return rows


def _with_cluster(config: Path) -> None:
    with (config / "monitor.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\ncluster: {{address: 'tcp://127.0.0.1:{_PORT}'}}\n")
    text = (config / "monitor.yaml").read_text("utf-8")
    (config / "monitor.yaml").write_text(text.replace("batch_size: 2000", f"batch_size: {_BATCH}"), "utf-8")


@contextlib.contextmanager
def _cluster(workers: int) -> Iterator[None]:
    dask = [sys.executable, "-m", "dask"]
    commands = (
        ["scheduler", "--host", "127.0.0.1", "--port", str(_PORT), "--no-dashboard"],
        ["worker", f"tcp://127.0.0.1:{_PORT}", "--nworkers", str(workers), "--nthreads", "1", "--no-dashboard"],
    )
    running = []
    try:
        for command in commands:
            running.append(subprocess.Popen([*dask, *command], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL))  # noqa: S603
        yield
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()


def _timed(place: Path, count: int) -> float:
    database = place / f"{count}.db"
    shutil.copy(place / "empty.db", database)
    _pikir("annotate", place, database)
    with open_database(f"sqlite:///{database}") as opened, opened.read() as c:
        run = latest_runs(c, "finished")["annotate"]
    return (run.ended_at - run.started_at).total_seconds() if run.ended_at else 0.0


def _pikir(command: str, place: Path, database: Path) -> None:
    arguments = [command, "--config", str(place / "configs"), "--database", f"sqlite:///{database}"]
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "pikir", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RunError("\n".join((done.stdout + done.stderr).splitlines()[-8:]))


def _left(database: Path) -> dict[str, str]:
    with open_database(f"sqlite:///{database}") as opened, opened.read() as c:
        found = fingerprint(c)
    return {name: found[name] for name in _KEPT}
