"""What a collector hands over: batches of posts, what was set aside, and how far it has read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import ClassVar

from storage.records import Post, ReadingState, Rejected


class CollectorError(Exception):
    """A source cannot be read at all, or not to its end: the message says what was found, where, and what to do.

    What was handed over before stays, and the next run goes on behind it. `state` is how the source is marked.
    """

    state: ClassVar[ReadingState] = "failed"


class SourceUnavailable(CollectorError):  # noqa: N818
    """The source is private, banned, renamed, migrated or gone: trying again does not help, a person must act."""

    state = "unavailable"


class SourcePostponed(CollectorError):  # noqa: N818
    """The source asks to wait longer than is allowed: it is left for the next run."""

    state = "waiting"


class RecordError(ValueError):
    """One record cannot become a post: it is set aside with this reason and reading goes on."""


class Skip(Enum):
    """A sound record that is no post: not an error, only counted."""

    SERVICE = "service"
    EMPTY = "empty"
    OLD = "old"


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
class Seen:
    """Every message there is with an id from `first` to `last`, both included, and no other.

    `ids`: id → when it was published, of posts and of messages that are no posts. An id of the span that is neither
    there nor in `deleted` (those that the source itself calls deleted) is missing; it was deleted if it was stored
    before. With a `thread`, only the messages of that thread are told, none of them older than `since`, and nothing
    can be said about ids that were never stored.
    """

    first: int
    last: int
    ids: Mapping[int, dt.datetime]
    deleted: frozenset[int] = frozenset()
    thread: str = ""
    since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of a thread as it was read just now: every post of the thread that was published after `after` and before
    `before` (None: from its beginning, to its end) stands in `ids`, unless it was taken away.

    `gone`: the thread itself was taken away. `place`: the page's address.
    """

    thread: str
    ids: frozenset[str]
    after: dt.datetime | None = None
    before: dt.datetime | None = None
    place: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Posts with distinct keys, in the order of the source, and the position after them.

    Handing `position` back to `collect` goes on behind this batch; store both in one transaction. `progress` is the
    fraction of the source read so far, in [0, 1], None where it cannot be known. `deleted`: native ids of posts that
    the source says are gone. `seen`: which message ids exist, where ids are a sequence; `shown`: which posts pages of
    threads hold, where they are none. `present`: the posts were seen at their source just now, so that one which was
    taken for deleted is there again.
    """

    posts: list[Post]
    rejected: list[Rejected]
    position: str
    progress: float | None = None
    tally: Tally = Tally()
    deleted: tuple[str, ...] = ()
    seen: tuple[Seen, ...] = ()
    shown: tuple[Shown, ...] = ()
    present: bool = False
