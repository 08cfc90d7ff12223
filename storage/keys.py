"""Finding many rows by the key of a post in few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import sqlalchemy as sa

Key = tuple[str, str]
T = TypeVar("T")

# Below the smallest limit on bound parameters in use: SQLite 32,766, PostgreSQL 65,535.
CHUNK = 5_000


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The items in lists of at most `size`, in order."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def conditions(table: sa.Table, keys: Iterable[Key]) -> Iterator[sa.ColumnElement[bool]]:
    """Conditions that together select the rows of `table` with these (source, native_id), each row once."""
    by_source: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for source, native_id in keys:
        by_source[source][native_id] = None
    for source, native_ids in by_source.items():
        for chunk in chunks(native_ids):
            yield (table.c.source == source) & table.c.native_id.in_(chunk)


def as_keys(pairs: Iterable[Sequence[str]]) -> list[Key]:
    """Distinct keys in the order of their first appearance."""
    return list(dict.fromkeys((source, native_id) for source, native_id in pairs))
