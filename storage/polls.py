"""Polls, and the monitor's shares compared with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.counters import changed
from storage.frames import read_frame
from storage.records import Comparison, Poll, PollChange
from storage.tables import comparisons as comparison_table
from storage.tables import poll_changes as change_table
from storage.tables import polls as poll_table

_POLL_FIELDS = tuple(field.name for field in fields(Poll))
_COMPARISON_FIELDS = tuple(field.name for field in fields(Comparison))


def replace_polls(c: Connection, polls: Iterable[Poll]) -> None:
    """Make these all the polls there are; one that left the configuration leaves the database."""
    _replace(c, poll_table, [asdict(poll) for poll in polls])


def polls(c: Connection, target: str | None = None) -> list[Poll]:
    """The polls about one target, or all, in the order of their field dates."""
    query = sa.select(*(poll_table.c[name] for name in _POLL_FIELDS))
    if target is not None:
        query = query.where(poll_table.c.target == target)
    return sorted((Poll(*row) for row in c.execute(query)), key=lambda poll: (poll.ends, poll.starts, poll.poll))


def replace_comparisons(c: Connection, comparisons: Iterable[Comparison]) -> None:
    """Make these all the comparisons there are: they follow from shares and polls and are made together.

    The key is poll, target, stance and model; the same twice raises the database's IntegrityError.
    """
    _replace(c, comparison_table, [asdict(comparison) for comparison in comparisons])


def comparison_frame(c: Connection, target: str | None = None) -> pl.DataFrame:
    """Comparisons as a frame with the columns of `Comparison`, ordered by target, ends, poll, stance, model."""
    query = sa.select(*(comparison_table.c[name] for name in _COMPARISON_FIELDS))
    if target is not None:
        query = query.where(comparison_table.c.target == target)
    return read_frame(c, query).sort("target", "ends", "poll", "stance", "model")


def replace_poll_changes(c: Connection, changes: Iterable[PollChange]) -> None:
    """Make these all the changes between polls that there are."""
    _replace(c, change_table, [asdict(change) for change in changes])


def poll_change_frame(c: Connection, target: str | None = None) -> pl.DataFrame:
    """Changes between successive polls, with the columns of `PollChange`, ordered by target, poll, stance, model."""
    query = sa.select(*(change_table.c[field.name] for field in fields(PollChange)))
    if target is not None:
        query = query.where(change_table.c.target == target)
    return read_frame(c, query).sort("target", "poll", "stance", "model")


def _replace(c: Connection, table: sa.Table, rows: list[dict[str, object]]) -> None:
    c.execute(sa.delete(table))
    if rows:
        c.execute(sa.insert(table), rows)
    changed(c, "results")
