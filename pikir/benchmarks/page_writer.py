"""A run beside the readers: `python -m pikir.benchmarks.page_writer URL SECONDS` adds posts, opinions and shares.

What it writes is drawn; how it writes is what the flows do: the same functions of the store, in the same transactions.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time

import numpy as np
import polars as pl

from analysis.periods import period_of
from pikir.benchmarks import page_world as world
from pikir.benchmarks.page_store import MODEL
from storage.coverage import refresh_coverage
from storage.cursors import ANNOTATE, ESTIMATE, write_cursor
from storage.database import Database, open_database
from storage.opinions import replace_opinions
from storage.posts import latest_revision, set_languages, upsert_posts
from storage.records import Opinion, Period, Post, Share
from storage.shares import replace_shares

_BATCH = 200
_BATCHES_TO_AN_ESTIMATE = 20
_PAUSE = 0.5
_BY: tuple[Period, ...] = ("day", "week", "month")


def write_for(url: str, seconds: float) -> dict[str, int]:
    """Write batches for so many seconds, and shares of the last day, week and month after every twentieth batch."""
    until, batches, estimates = time.monotonic() + seconds, 0, 0
    rng = np.random.default_rng(time.time_ns())
    with open_database(url) as database:
        seen: list[pl.DataFrame] = []
        while time.monotonic() < until:
            seen.append(_collect(database, rng, time.time_ns()))
            batches += 1
            if len(seen) == _BATCHES_TO_AN_ESTIMATE:
                _estimate(database, pl.concat(seen))
                estimates, seen = estimates + 1, []
            time.sleep(_PAUSE)
    return {"posts": batches * _BATCH, "estimates": estimates}


def _collect(database: Database, rng: np.random.Generator, mark: int) -> pl.DataFrame:
    """Store a batch of the day after the last, then what was read in it; gives its opinions."""
    day = world.FIRST + dt.timedelta(days=world.DAYS)
    ids = [f"{mark}-{place}" for place in range(_BATCH)]
    told = world.posts(_BATCH, rng, day, 1).with_columns(native_id=pl.Series(ids))
    moments = [dt.datetime.fromtimestamp(at / 1e6, dt.UTC) for at in told["posted_at"]]
    posts = [
        Post(row["source"], row["native_id"], at, text, row["author"], row["voice"], language=row["language"])
        for row, at, text in zip(told.iter_rows(named=True), moments, world.texts(told, rng), strict=True)
    ]
    read = world.opinions(told, {target: [("rising_costs", "against")] for target in world.TARGETS}, rng)
    opinions = [
        Opinion(row["source"], row["native_id"], row["target"], MODEL, row["p_against"], row["p_neutral"],
                row["p_favor"], row["stance"], 0, 8, row["surface"], (row["narrative"],) if row["narrative"] else ())
        for row in read.iter_rows(named=True)
    ]  # fmt: skip
    with database.write() as c:
        upsert_posts(c, posts)
    with database.write() as c:
        keys = [(one.source, one.native_id) for one in posts]
        replace_opinions(c, keys, MODEL, opinions)
        set_languages(c, {key: one.language for key, one in zip(keys, posts, strict=True)})
        write_cursor(c, f"{ANNOTATE}{MODEL}", str(latest_revision(c)))
    return read


def _estimate(database: Database, read: pl.DataFrame) -> None:
    """The shares of the day, week and month that these opinions touched, and the coverage of the day."""
    day = world.FIRST + dt.timedelta(days=world.DAYS)
    for by in _BY:
        rows = [row for frame in world.shares(read, MODEL, by, day) for row in frame.iter_rows(named=True)]
        for target in world.TARGETS:
            shares = [Share(**row) for row in rows if row["target"] == target]
            with database.write() as c:
                replace_shares(c, target=target, model=MODEL, by=by, periods=[period_of(day, by)], shares=shares)
    with database.write() as c:
        refresh_coverage(c, world.ZONE, [day])
        write_cursor(c, f"{ESTIMATE}{MODEL}:drawn", "{}")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(write_for(sys.argv[1], float(sys.argv[2]))))
