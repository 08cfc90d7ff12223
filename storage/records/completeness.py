"""How far everything was read, and what is known to be missing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

GapState = Literal["deleted", "unknown"]
ReadingState = Literal["ok", "waiting", "unavailable", "failed"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a stage or a source has been read."""

    name: str
    position: str
    updated_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was collected from a source on one local day; so that a broken collector is not read as opinion."""

    source: str
    day: dt.date
    posts: int
    gaps: int = 0
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class Gap:
    """Message ids from `first` to `last`, both included, that a source did not show where they should stand.

    state: deleted (stored before, or told so by the source) or unknown (deleted before it was first read, or never
    shown to us). `at`: when the next message behind the gap was published, or the one before where none follows.
    """

    source: str
    first: int
    last: int
    state: GapState
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class SourceState:
    """How the last reading of a source ended.

    state: ok; waiting (asked to wait longer than allowed: the next run goes on); unavailable (private, banned, renamed,
    migrated: a person must act); failed (connection or damage: the next run tries again). `reason` says so in words;
    where all is well, what a person should look at. `failures`: readings in a row that did not end well. `first_id`,
    `last_id`: the span of numbered messages that was looked at, None where ids are no sequence. `complete_at`: when the
    source was last read to its end. `waited`: seconds, in all readings together, that the source asked us to wait.
    """

    source: str
    state: ReadingState = "ok"
    reason: str = ""
    failures: int = 0
    first_id: int | None = None
    last_id: int | None = None
    checked_at: dt.datetime | None = None
    complete_at: dt.datetime | None = None
    waited: float = 0.0
