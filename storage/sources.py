"""Sources: where posts come from."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import upsert
from storage.records import Source
from storage.tables import sources as table


def upsert_source(c: Connection, source: Source) -> None:
    """Write a source by its name, replacing what was known of it."""
    upsert(c, table, [asdict(source)])


def sources(c: Connection) -> list[Source]:
    """Every source, by name."""
    return sorted((Source(*row) for row in c.execute(sa.select(table))), key=lambda source: source.source)
