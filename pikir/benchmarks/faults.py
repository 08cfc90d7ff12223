"""kill -9 at random instants of a run, then the same run again: is the database that of an undisturbed one?

A run is every stage of the monitor (collect, annotate, estimate, compare, alert) over the first messages of the bundled
sample, with the shipped model, as the flows call them but without a Prefect server. Each trial has its own database.
"""

from __future__ import annotations

import datetime as dt
import gzip
import multiprocessing
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from storage.database import open_database
from storage.dialects import make_engine, parse_url
from storage.fingerprint import fingerprint

COLUMNS = ["kill", "after", "stage", "posts", "opinions", "shares", "identical", "differing"]
_NOW = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
_SAMPLE = "almaty-chat"
_TABLES = ("posts", "opinions", "shares")


@dataclass(frozen=True, slots=True)
class Kill:
    """One trial: killed `after` seconds, when so many rows were committed; `differing` tables after the second run."""

    kill: int
    after: float
    posts: int
    opinions: int
    shares: int
    differing: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether the second run made up for everything."""
        return not self.differing

    @property
    def stage(self) -> str:
        """Roughly where the kill came: the last stage that had committed rows."""
        if self.shares:
            return "estimate or later"
        return "annotate" if self.opinions else "collect" if self.posts else "before any row"


def run_kills(folder: Path, kills: int, posts: int, seed: int = 0) -> Iterator[Kill]:
    """`kills` trials in `folder`, one after the other. The instants are uniform over the time of a whole run.

    A run that ends before its instant is no kill: it is repeated with another, within the time that this run took.
    """
    write_chat(folder / "result.json", posts)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pikir.benchmarks.faults_run"])
    chance = random.Random(seed)
    calm, took = _calm(context, folder)
    for number in range(1, kills + 1):
        url = f"sqlite:///{folder}/killed-{number}.db"
        after = chance.uniform(0, took)
        while (ended := _killed(context, folder, url, after)) is not None:
            _remove(folder, number)
            after = chance.uniform(0, ended)
        committed = dict(zip(_TABLES, _committed(url), strict=True))
        _finish(context, folder, url)
        found = _prints(url)
        differing = tuple(sorted(name for name in calm if calm[name] != found[name]))
        yield Kill(kill=number, after=round(after, 2), differing=differing, **committed)
        if not differing:
            _remove(folder, number)


def _remove(folder: Path, number: int) -> None:
    """The database of one trial, its log and the folder of its leases."""
    for path in folder.glob(f"killed-{number}.db*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def write_chat(path: Path, posts: int) -> None:
    """The first messages of a chat of the bundled sample, as Telegram Desktop would have exported them."""
    packed = Path(str(files("pikir.sample"))) / "data" / f"{_SAMPLE}.json.gz"
    chat: dict[str, Any] = orjson.loads(gzip.decompress(packed.read_bytes()))
    chat["messages"] = chat["messages"][:posts]
    path.write_bytes(orjson.dumps(chat, option=orjson.OPT_INDENT_2))


def _calm(context: Any, folder: Path) -> tuple[dict[str, str], float]:
    """The fingerprint of an undisturbed run, and how many seconds it took once the server stood ready."""
    ready = context.Process(target=int)
    ready.start()
    ready.join()
    began = time.monotonic()
    _finish(context, folder, f"sqlite:///{folder}/calm.db")
    return _prints(f"sqlite:///{folder}/calm.db"), time.monotonic() - began


def _start(context: Any, folder: Path, url: str) -> Any:
    from pikir.benchmarks.faults_run import run_stages

    process = context.Process(target=run_stages, args=(str(folder / "result.json"), url, _NOW))
    process.start()
    return process


def _finish(context: Any, folder: Path, url: str) -> None:
    process = _start(context, folder, url)
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"a run that nobody disturbed ended with status {process.exitcode}: {url}")


def _killed(context: Any, folder: Path, url: str, after: float) -> float | None:
    """Kills a run after so many seconds; how long the run took where it had ended by then."""
    began = time.monotonic()
    process = _start(context, folder, url)
    process.join(after)
    if process.exitcode is not None:
        return time.monotonic() - began
    process.kill()
    process.join()
    return None


def _committed(url: str) -> tuple[int, ...]:
    """The rows of each table that the killed run had committed; 0 where the table was not there yet."""
    engine = make_engine(parse_url(url))
    try:
        with engine.connect() as c:
            there = set(sa.inspect(c).get_table_names())
            return tuple(_count(c, name) if name in there else 0 for name in _TABLES)
    finally:
        engine.dispose()


def _count(c: sa.Connection, name: str) -> int:
    return int(c.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one())


def _prints(url: str) -> dict[str, str]:
    with open_database(url) as database, database.read() as c:
        return fingerprint(c)
