"""What could not be read: kept aside with its place and the reason, so that nothing is lost without a word."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import upsert
from storage.records import Rejected
from storage.tables import rejected as table

LONGEST_PLACE = 400
LONGEST_EXCERPT = 1_000


def keep_rejected(c: Connection, items: Iterable[Rejected]) -> None:
    """Keep rejected records by (source, place); of one place twice the last reason counts.

    Cut to what an index and a page can show: the place to its last 400 characters, the excerpt to its first 1,000.
    """
    rows = [
        {
            "source": item.source[:LONGEST_PLACE],
            "place": item.place[-LONGEST_PLACE:],
            "reason": item.reason,
            "excerpt": item.excerpt[:LONGEST_EXCERPT],
        }
        for item in items
    ]
    upsert(c, table, rows)


def count_rejected(c: Connection) -> dict[str, int]:
    """How many records were kept aside, by source."""
    query = sa.select(table.c.source, sa.func.count()).group_by(table.c.source)
    return {source: int(many) for source, many in c.execute(query)}


def rejected(c: Connection, source: str | None = None) -> list[Rejected]:
    """What was kept aside, of one source or of all, ordered by source and place."""
    query = sa.select(table.c.source, table.c.place, table.c.reason, table.c.excerpt)
    if source is not None:
        query = query.where(table.c.source == source)
    return sorted((Rejected(*row) for row in c.execute(query)), key=lambda item: (item.source, item.place))


def rejected_by_source(c: Connection) -> dict[str, int]:
    """Source → how many of its records were kept aside."""
    query = sa.select(table.c.source, sa.func.count()).group_by(table.c.source)
    return {source: int(number) for source, number in c.execute(query)}
