"""Which models have read the posts, and how far each has come."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.counters import read_counter
from storage.cursors import ANNOTATE, cursors
from storage.tables import cursors as cursor_table
from storage.tables import opinions, readings, shares


@dataclass(frozen=True, slots=True)
class ModelState:
    """One version of model and targets. `read`: the part of the posts' revisions that it has read, in [0, 1]."""

    model: str
    opinions: int
    texts: int
    shares: int
    read: float
    last_read: dt.datetime | None


def model_states(c: Connection) -> list[ModelState]:
    """Every model that has read anything here, by name."""
    last = read_counter(c, "revision")
    counts = [_counted(c, table) for table in (opinions, readings, shares)]
    read = {one.name.removeprefix(ANNOTATE): one for one in cursors(c) if one.name.startswith(ANNOTATE)}
    names = sorted(set().union(read, *counts))
    return [
        ModelState(
            model=name,
            opinions=counts[0].get(name, 0),
            texts=counts[1].get(name, 0),
            shares=counts[2].get(name, 0),
            read=min(1.0, int(read[name].position) / last) if name in read and last else 0.0,
            last_read=read[name].updated_at if name in read else None,
        )
        for name in names
    ]


def models_with_shares(c: Connection) -> list[str]:
    """The models that have shares, by name."""
    return sorted(c.execute(sa.select(shares.c.model).distinct()).scalars())


def drop_model(c: Connection, model: str) -> dict[str, int]:
    """Remove everything that one model read and that was estimated from it; returns how many rows of what."""
    removed = {
        name: c.execute(sa.delete(table).where(table.c.model == model)).rowcount
        for name, table in (("opinions", opinions), ("readings", readings), ("shares", shares))
    }
    own = [one.name for one in cursors(c) if f":{model}:" in f":{one.name}:"]
    c.execute(sa.delete(cursor_table).where(cursor_table.c.name.in_(own)))
    return removed


def _counted(c: Connection, table: sa.Table) -> dict[str, int]:
    query = sa.select(table.c.model, sa.func.count()).group_by(table.c.model)
    return {model: int(n) for model, n in c.execute(query)}
