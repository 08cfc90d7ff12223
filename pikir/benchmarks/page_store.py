"""The drawn monitor in the store's own tables: written as rows, by no model and no estimator."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from configs.settings import Settings
from pikir.benchmarks import page_world as world
from storage.alerts import store_alert
from storage.coverage import refresh_coverage
from storage.cursors import ANNOTATE, ESTIMATE, write_cursor
from storage.database import Database
from storage.draws import store_draw
from storage.gaps import replace_gaps
from storage.polls import replace_comparisons, replace_poll_changes, replace_polls
from storage.records import Alert, AlertState, Comparison, Draw, DrawnPost, Gap, Period, Poll, PollChange, Source
from storage.source_states import widen_span, write_state
from storage.sources import upsert_source
from storage.tables import counters, driver_typed, opinions, posts, shares

MODEL = "benchmark-page"
PERIODS: tuple[Period, ...] = ("day", "week", "month")
_PIECE = 20_000
_POSTS, _OPINIONS, _SHARES = (driver_typed(table) for table in (posts, opinions, shares))
_LAST = world.FIRST + dt.timedelta(days=world.DAYS - 1)
_NOTHING: dict[str, Any] = {
    "reply_to": "", "forwarded_from": "", "edited_at": None, "deleted_at": None, "forwards": None, "reactions": None,
}  # fmt: skip


def fill(
    database: Database,
    settings: Settings,
    n: int,
    report: Callable[[str], None],
    periods: Sequence[Period] | None = None,
) -> None:
    """Write `n` posts, about as many opinions, and everything else that the pages show, into an empty database.

    `periods`: widths of the shares, all three where left out.
    """
    rng = np.random.default_rng(7)
    told = world.posts(n, rng).with_columns(native_id=pl.int_range(1, n + 1).cast(pl.String))
    with database.write() as c:
        for kind, name in world.SOURCES:
            region = world.REGIONS[[one for _, one in world.SOURCES].index(name) % len(world.REGIONS)]
            upsert_source(c, Source(name, kind, "", name.title(), "", region, None))
        _insert(c, _POSTS, post_rows(told, world.texts(told, rng)))
        c.execute(sa.update(counters).where(counters.c.name == "revision").values(value=n))
    report(f"{n:,} posts")
    narratives = {one.id: [(it.name, it.stance) for it in one.narratives] for one in settings.targets}
    read = world.opinions(told, narratives, rng)
    with database.write() as c:
        _insert(c, _OPINIONS, opinion_rows(read))
    report(f"{read.height:,} opinions")
    written = 0
    for by in periods or PERIODS:
        for frame in world.shares(read, MODEL, by, _LAST):
            with database.write() as c:
                _insert(c, _SHARES, frame.iter_rows(named=True))
            written += frame.height
    report(f"{written:,} shares")
    with database.write() as c:
        _fill_rest(c, told, read)
        write_cursor(c, f"{ANNOTATE}{MODEL}", str(n))
        write_cursor(c, f"{ESTIMATE}{MODEL}:drawn", "{}")


def post_rows(told: pl.DataFrame, texts: Iterable[str], after: int = 0) -> Iterator[dict[str, Any]]:
    """Rows of the table of posts as the driver takes them; revisions follow `after`."""
    names = ("source", "native_id", "posted_at", "author", "voice", "thread", "language")
    rows = told.select(names).iter_rows(named=True)
    for revision, (row, text) in enumerate(zip(rows, texts, strict=True), start=after + 1):
        yield {
            **row, **_NOTHING, "revision": revision, "text": text, "views": revision % 5000,
            "text_digest": f"{revision:032x}", "collected_at": row["posted_at"] + 60_000_000,
        }  # fmt: skip


def opinion_rows(read: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows of the table of opinions as the driver takes them."""
    names = ("source", "native_id", "target", "stance", "surface", "p_against", "p_neutral", "p_favor", "narrative")
    for row in read.sort("posted_at").select(names).iter_rows(named=True):
        named = row.pop("narrative")
        yield {**row, "model": MODEL, "start": 0, "end": len(row["surface"]),
               "narratives": f'["{named}"]' if named else "[]"}  # fmt: skip


def _insert(c: Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    rest = iter(rows)
    while piece := list(itertools.islice(rest, _PIECE)):
        c.execute(sa.insert(table), piece)


def _fill_rest(c: Connection, told: pl.DataFrame, read: pl.DataFrame) -> None:
    moment = dt.datetime.combine(_LAST, dt.time(22), world.ZONE)
    for place, (_, name) in enumerate(world.SOURCES):
        write_state(c, name, "ok", "", moment)
        widen_span(c, name, 1, told.height + 500)
        first = range(1000 * place + 1, 1000 * place + 1 + 40 * 7, 7)
        at = [moment - dt.timedelta(days=9 * k) for k in range(40)]
        replace_gaps(
            c,
            name,
            1,
            told.height,
            [Gap(name, id, id + 2, "unknown", when) for id, when in zip(first, at, strict=True)],
        )
    refresh_coverage(c, world.ZONE, [])
    for week in range(0, world.DAYS // 7, 1):
        for place, target in enumerate(world.TARGETS):
            store_alert(c, _alert(week, place, target), [])
    _polls(c)
    _draw(c, told.filter(pl.col("migrants")).head(400))


def _alert(week: int, place: int, target: str) -> Alert:
    """A spike of one day with the series of 60 days and three quoted posts around it."""
    day = world.FIRST + dt.timedelta(days=7 * week + place)
    series = [
        {"time": (day - dt.timedelta(days=back)).isoformat(), "observed": 40.0 + back % 7, "expected": 42.0,
         "upper": 60.0, "alert": back == 0}
        for back in range(59, -1, -1)
    ]  # fmt: skip
    quoted = [{"source": "chat-0", "native_id": str(k + 1), "text": f"{target} " * 12} for k in range(3)]
    why = {"series": series, "typical_posts": quoted, "times_expected": 2.1, "by_source": [], "by_language": [],
           "by_narrative": [], "event": None, "poll": None, "simulated": True, "words": []}  # fmt: skip
    state: AlertState = "open" if week > 145 else "closed"
    return Alert("benchmark", target, "all", "", day.isoformat(), "mentions", 90.0, 42.0, 60.0, 5.0, state, why,
                 ended=None if state == "open" else day + dt.timedelta(days=1))  # fmt: skip


def _polls(c: Connection) -> None:
    """A poll on each target every eighth week, as it stands beside the monitor, and each beside the one before."""
    polls, compared, moved = [], [], []
    for target in world.TARGETS:
        for count, week in enumerate(range(4, 150, 8)):
            first = world.FIRST + dt.timedelta(days=7 * week)
            poll = Poll(f"{target}-{count}", "Bureau", first, first + dt.timedelta(days=6), target, "attitude",
                        {"against": 0.35, "favor": 0.3}, "drawn", 1000, 0.03)  # fmt: skip
            polls.append(poll)
            for stance, told in poll.shares.items():
                compared.append(
                    Comparison(poll.poll, target, stance, poll.starts, poll.ends, MODEL, 0.4, told, 0.4 - told, -0.02,
                               0.12, 0.9, 900, 640.0, "consistent", "among all")
                )  # fmt: skip
                if count:
                    moved.append(PollChange(poll.poll, f"{target}-{count - 1}", target, stance, MODEL, 0.01, 0.02, 0.01,
                                            -0.03, 0.05, 0.6, "consistent"))  # fmt: skip
    replace_polls(c, polls)
    replace_comparisons(c, compared)
    replace_poll_changes(c, moved)


def _draw(c: Connection, drawn: pl.DataFrame) -> None:
    first = dt.datetime.combine(world.FIRST, dt.time(), world.ZONE)
    ends = dt.datetime.combine(_LAST, dt.time(), world.ZONE)
    strata = {"against": (2000, drawn.height)}
    draw = Draw("migrants", "benchmark", first, ends, MODEL, 7, 2000, drawn.height, strata, first)
    keys = drawn.select("source", "native_id").iter_rows()
    sample = [DrawnPost(0, source, id, place, "against", 0.2, 3) for place, (source, id) in enumerate(keys)]
    store_draw(c, draw, sample)
