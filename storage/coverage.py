"""Coverage: what was collected from each source on each local day: a silent collector is not a silent public."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.counters import changed
from storage.days import source_days, source_spans
from storage.dialects import upsert
from storage.frames import read_frame
from storage.gaps import missing_by_day
from storage.tables import coverage as table

Place = tuple[str, dt.date]


@dataclass(frozen=True, slots=True)
class SourceCoverage:
    """What was collected from one source: posts, the local days of the first and the last, days between without any."""

    posts: int
    first: dt.date | None
    last: dt.date | None
    empty_days: int


def refresh_coverage(c: Connection, zone: ZoneInfo, days: Iterable[dt.date]) -> None:
    """Count the posts of every source on these local days again, and on days of its span that were never counted.

    A source's span reaches from the local day of its first post to that of its last. Every day of it has a row: "ok"
    with posts, "empty" without. `gaps` is the number of message ids that are missing there (`storage.gaps`).
    """
    columns = (table.c.source, table.c.day, table.c.posts, table.c.gaps)
    stored = {(source, day): (posts, gaps) for source, day, posts, gaps in c.execute(sa.select(*columns))}
    due = set(days)
    span = [(source, day) for source, (first, last) in source_spans(c, zone).items() for day in _days(first, last)]
    missing = missing_by_day(c, zone)
    moved = {place for place, (_, gaps) in stored.items() if gaps != missing[place]}
    uncounted = [place for place in span if place[1] in due or place not in stored or place in moved]
    if uncounted:
        counted = [day for _, day in uncounted]
        found = source_days(c, zone, min(counted), max(counted))
        now = {place: (found.get(place, 0), missing[place]) for place in uncounted}
        upsert(c, table, [_row(*place, *now[place]) for place in uncounted if stored.get(place) != now[place]])
    _delete(c, stored.keys() - set(span))
    changed(c, "coverage")


def coverage_frame(c: Connection, source: str | None = None) -> pl.DataFrame:
    """Columns source, day, posts, gaps, status ("ok" or "empty"), of one source or all, ordered by source and day."""
    query = sa.select(table)
    if source is not None:
        query = query.where(table.c.source == source)
    return read_frame(c, query).sort("source", "day")


def count_by_source(c: Connection) -> dict[str, int]:
    """How many posts of each source are counted, over all days."""
    query = sa.select(table.c.source, sa.func.sum(table.c.posts)).group_by(table.c.source)
    return {source: int(many) for source, many in c.execute(query)}


def coverage_by_source(c: Connection) -> dict[str, SourceCoverage]:
    """What was collected from every source that has a counted day, by its name."""
    empty = sa.func.sum(sa.case((table.c.status == "empty", 1), else_=0))
    query = sa.select(
        table.c.source, sa.func.sum(table.c.posts), sa.func.min(table.c.day), sa.func.max(table.c.day), empty
    ).group_by(table.c.source)
    return {
        source: SourceCoverage(int(posts), first, last, int(empty_days))
        for source, posts, first, last, empty_days in c.execute(query)
    }


def sources_alive(c: Connection, days: int) -> tuple[int, int, dt.date | None]:
    """How many sources gave posts in the last `days` days of which there are data, of how many, and the last day."""
    all_sources, last = c.execute(sa.select(sa.func.count(table.c.source.distinct()), sa.func.max(table.c.day))).one()
    if last is None:
        return 0, 0, None
    recent = (table.c.day > last - dt.timedelta(days=days)) & (table.c.posts > 0)
    query = sa.select(sa.func.count(table.c.source.distinct())).where(recent)
    return int(c.execute(query).scalar_one()), int(all_sources), last


def _row(source: str, day: dt.date, posts: int, gaps: int) -> dict[str, object]:
    return {"source": source, "day": day, "posts": posts, "gaps": gaps, "status": "ok" if posts else "empty"}


def _delete(c: Connection, places: set[Place]) -> None:
    where = (table.c.source == sa.bindparam("of")) & (table.c.day == sa.bindparam("on"))
    if places:
        c.execute(sa.delete(table).where(where), [{"of": source, "on": day} for source, day in sorted(places)])


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + dt.timedelta(days=count) for count in range((last - first).days + 1))
