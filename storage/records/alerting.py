"""What is told to people, and how it reaches them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

AlertState = Literal["open", "acknowledged", "closed"]
AlertKind = Literal["opinion", "coverage", "operator"]
Occasion = Literal["raised", "escalated", "ended"]


@dataclass(frozen=True, slots=True)
class Alert:
    """A spike that a rule found, an outage of a source, or a trouble of the monitor itself.

    Key: rule + target + group + value + window. `kind`: opinion (a spike in what people write), coverage (a source that
    gives less than it should; `upper` repeats `expected`) or operator (a flow, named by `value`, that fails or is
    late); the last two are for the operator, and `target` is then "". `window`: the first local day, ISO week, hour, or
    the second in which a flow was first in trouble. `state`: open (nobody has taken note), acknowledged, closed (over,
    and somebody has taken note). `ended`: the first local day after it, None while it lasts. `notes`: what people wrote
    beside it, each with at, by and text.
    """

    rule: str
    target: str
    group: str
    value: str
    window: str
    measure: str
    observed: float
    expected: float
    upper: float
    score: float
    state: AlertState = "open"
    explanation: dict[str, Any] = field(default_factory=dict)
    id: int | None = None
    raised_at: dt.datetime | None = None
    acknowledged_by: str = ""
    kind: AlertKind = "opinion"
    ended: dt.date | None = None
    acknowledged_at: dt.datetime | None = None
    notes: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """The state of one message on its way to one channel (a recipient's name, never its address).

    `occasion`: what it tells (raised, escalated, ended). `attempts`: how many were begun. `due_at`: not to be tried
    before, None: at once. `dead_at`: when it was given up (a dead letter), None while it is pending or delivered.
    """

    alert_id: int
    channel: str
    attempts: int = 0
    delivered_at: dt.datetime | None = None
    error: str = ""
    attempted_at: dt.datetime | None = None
    occasion: Occasion = "raised"
    due_at: dt.datetime | None = None
    dead_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ReportDelivery:
    """The state of one period's report on its way to one channel (a recipient's name). Key: period + channel."""

    period: str
    channel: str
    attempts: int = 0
    delivered_at: dt.datetime | None = None
    error: str = ""
    attempted_at: dt.datetime | None = None
    due_at: dt.datetime | None = None
    dead_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Mute:
    """Nothing is sent about `subject` (a rule, a target, or a source) before `until`. Key: subject."""

    subject: str
    until: dt.datetime
    by: str = ""
    note: str = ""
    muted_at: dt.datetime | None = None
