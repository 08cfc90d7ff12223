"""`pikir benchmark run`: a whole run on many posts, then on a few more, then on these few alone.

Each run is a process of its own, so that its memory is its own; what it does is what `pikir run` does. The second
against the third says whether work is in proportion to what is new.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from configs.loading import load
from configs.paths import SHIPPED, copy_shipped
from pikir.benchmarks.load import CHATS, REGIONS, Load
from pikir.benchmarks.stages import STAGES
from storage.dialects import parse_url

COLUMNS = ("run", "stage", "seconds", "part", "posts_per_second", "target", "mib")
MINUTES = {"sqlite": 12.0, "postgresql": 15.0}
IMPORT_PER_SECOND = 20_000
MIB = 2048
TIMES_ALONE = 1.5


class RunError(RuntimeError):
    """A run ended with an error; says what it printed last."""


@dataclass(frozen=True)
class Plan:
    """The posts, the last `new` of which come later; `database`: an empty one of PostgreSQL, "" for SQLite."""

    load: Load
    new: int
    database: str = ""

    @property
    def first(self) -> int:
        """How many posts the first run has."""
        return self.load.posts - self.new


def measure(plan: Plan, folder: Path, report: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """The rows of the table: every stage of the three runs, and the total of each against its target."""
    targets = load(SHIPPED).targets
    kind = "postgresql" if plan.database else "sqlite"
    report(f"writing {plan.first:,} posts to {folder}")
    many, alone = folder / "many", folder / "alone"
    plan.load.write(many / "data", targets, until=plan.first)
    database = plan.database or f"sqlite:///{many / 'pikir.db'}"
    report(f"a run on {plan.first:,} posts, {kind}")
    whole = _run(many, database)
    scale = plan.first / 1_000_000
    yield from _rows(f"{plan.first:,} posts", whole, f"{MINUTES[kind] * scale:.3g} min, {MIB} MiB")
    plan.load.write(many / "data", targets)
    report(f"a run on {plan.new:,} more")
    more = _run(many, database)
    plan.load.write(alone / "data", targets, after=plan.first)
    report(f"a run on these {plan.new:,} alone")
    with _empty_database(plan.database, alone) as address:
        single = _run(alone, address)
    times = _total(more) / _total(single)
    yield from _rows(f"{plan.new:,} more", more, f"{TIMES_ALONE} x alone: {times:.2f} x")
    yield from _rows(f"{plan.new:,} alone", single, "")


def _run(place: Path, database: str) -> dict[str, Any]:
    config = configured(place)
    done = subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-m", "pikir.benchmarks.stages", str(config), database],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RunError("\n".join(done.stderr.splitlines()[-5:]))
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if told["errors"]:
        raise RunError("; ".join(told["errors"]))
    return told


@contextmanager
def _empty_database(beside: str, folder: Path) -> Iterator[str]:
    """A new database of the same kind: a file in `folder`, or one on the server of `beside`, dropped afterwards."""
    if not beside:
        yield f"sqlite:///{folder / 'pikir.db'}"
        return
    url = parse_url(beside)
    name = f"{url.database}_alone"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    quoted = engine.dialect.identifier_preparer.quote(name)
    with engine.connect() as c:
        c.execute(sa.text(f"CREATE DATABASE {quoted}"))
        try:
            yield url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        finally:
            c.execute(sa.text(f"DROP DATABASE {quoted}"))
    engine.dispose()


def configured(place: Path) -> Path:
    """The shipped configuration with the chats of the load as its only sources."""
    folder = place / "configs"
    if not folder.exists():
        copy_shipped(folder)
        sources = [
            {"name": name, "kind": "group", "path": str(place / "data" / f"{name}.json"), "region": region}
            for name, region in zip(CHATS, REGIONS, strict=True)
        ]
        (folder / "sources.yaml").write_text(yaml.safe_dump(sources, allow_unicode=True), "utf-8")
    return folder


def _rows(name: str, told: dict[str, Any], target: str) -> Iterator[dict[str, Any]]:
    total = _total(told)
    for stage in STAGES:
        seconds = told["seconds"][stage]
        yield {
            "run": name,
            "stage": stage,
            "seconds": round(seconds, 2),
            "part": f"{seconds / total:.1%}",
            "posts_per_second": round(told["posts"] / seconds),
            "target": f"{IMPORT_PER_SECOND:,} posts/s" if stage == "import" and target.endswith("MiB") else "",
            "mib": "",
        }
    yield {
        "run": name,
        "stage": f"all: {told['opinions']:,} opinions, {told['shares']:,} shares, {told['alerts']:,} alerts",
        "seconds": round(total, 2),
        "part": "100%",
        "posts_per_second": round(told["posts"] / total),
        "target": target,
        "mib": round(told["mib"]),
    }


def _total(told: dict[str, Any]) -> float:
    return float(sum(told["seconds"].values()))
