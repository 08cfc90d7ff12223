"""How the monitor itself is doing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

RunState = Literal["running", "finished", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a flow. Key: id.

    `state`: running; finished; failed, with why in `error` (first line, no secrets); interrupted: its process was gone
    before it ended (found out by the next run of the flow).
    """

    id: str
    flow: str
    state: RunState
    started_at: dt.datetime
    ended_at: dt.datetime | None = None
    error: str = ""
    host: str = ""
    pid: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the scheduler is with one flow. Key: flow.

    `due`: its schedule as the configuration said it. `taken_at`: the last instant of the schedule that was taken up.
    `began_at`, `ended_at`: the last run begun by the scheduler; a run that never ended has `began_at` after `ended_at`.
    `finished_at`: when a run last ended well. `interrupted`: runs in a row that never came to an end.
    """

    flow: str
    due: str
    taken_at: dt.datetime
    began_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    interrupted: int = 0


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A process that should always be there, and when it last said so. Key: name."""

    name: str
    host: str
    pid: int
    started_at: dt.datetime
    beat_at: dt.datetime
