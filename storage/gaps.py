"""Gaps: the message ids that a source did not show, kept as ranges."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import upsert
from storage.records import Gap, GapState
from storage.tables import gaps as table


def replace_gaps(c: Connection, source: str, first: int, last: int, found: Iterable[Gap]) -> None:
    """What was found missing in [first, last] takes the place of what was thought missing there.

    A stored gap that reaches beyond the span keeps the part outside. `found` lies within the span and does not overlap.
    """
    touched = (table.c.source == source) & (table.c.first <= last) & (table.c.last >= first)
    kept: list[Gap] = []
    for gap in (Gap(*row) for row in c.execute(sa.select(table).where(touched))):
        if gap.first < first:
            kept.append(Gap(source, gap.first, first - 1, gap.state, gap.at))
        if gap.last > last:
            kept.append(Gap(source, last + 1, gap.last, gap.state, gap.at))
    c.execute(sa.delete(table).where(touched))
    upsert(c, table, [asdict(gap) for gap in (*kept, *found)])


def gaps_of(c: Connection, source: str) -> list[Gap]:
    """The gaps of one source, by id."""
    query = sa.select(table).where(table.c.source == source).order_by(table.c.first)
    return [Gap(*row) for row in c.execute(query)]


def missing_by_source(c: Connection) -> dict[str, Counter[str]]:
    """Source → how many ids are missing in each state."""
    size = sa.func.sum(table.c.last - table.c.first + 1)
    query = sa.select(table.c.source, table.c.state, size).group_by(table.c.source, table.c.state)
    totals: dict[str, Counter[str]] = {}
    for source, state, ids in c.execute(query):
        totals.setdefault(source, Counter())[state] = int(ids)
    return totals


def missing_by_day(c: Connection, zone: ZoneInfo, state: GapState | None = None) -> Counter[tuple[str, dt.date]]:
    """(Source, local day of the message behind the gap) → how many ids are missing, in one state or in all."""
    days: Counter[tuple[str, dt.date]] = Counter()
    query = sa.select(table.c.source, table.c.first, table.c.last, table.c.at)
    if state is not None:
        query = query.where(table.c.state == state)
    for source, first, last, at in c.execute(query):
        days[source, at.astimezone(zone).date()] += last - first + 1
    return days
