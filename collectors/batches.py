"""What a collector hands over: batches of posts, what was set aside, and how far it has read."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum

from storage.records import Post, Rejected


class CollectorError(Exception):
    """A source cannot be read at all: the message says what was found, where, and what to do."""


class RecordError(ValueError):
    """One record cannot become a post: it is set aside with this reason and reading goes on."""


class Skip(Enum):
    """A sound record that is no post: not an error, only counted."""

    SERVICE = "service"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of records; `read` = posts + service + empty + duplicates + rejected ones.

    service: joined, pinned, renamed…; empty: media without a caption; duplicates: the same id and content again in
    the same batch; repaired: posts kept although some of their bytes were no UTF-8 (shown as U+FFFD). `rejected`
    can exceed what `read` explains by one a file: damage that is no record, such as a file cut off after a complete
    record.
    """

    read: int = 0
    posts: int = 0
    service: int = 0
    empty: int = 0
    duplicates: int = 0
    repaired: int = 0
    rejected: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Tally)))


@dataclass(frozen=True, slots=True)
class Batch:
    """Posts with distinct keys, in the order of the source, and the position after them.

    Handing `position` back to `collect` goes on behind this batch; store both in one transaction. `progress` is the
    fraction of the source read so far, in [0, 1], None where it cannot be known.
    """

    posts: list[Post]
    rejected: list[Rejected]
    position: str
    progress: float | None = None
    tally: Tally = Tally()
