"""The records that the whole house speaks: frozen, typed, one database table each.

Times are timezone-aware UTC datetimes. Shares and probabilities lie in [0, 1]. A record holds no
behaviour beyond what follows from its own fields.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

SourceKind = Literal["channel", "group", "comments", "forum", "feed"]
Voice = Literal["person", "outlet"]
Voices = Literal["people", "outlets", "all"]
Among = Literal["opinionated", "all"]
Stance = Literal["against", "neutral", "favor"]
Period = Literal["day", "week", "month"]
GapState = Literal["deleted", "unknown"]
ReadingState = Literal["ok", "waiting", "unavailable", "failed"]
AlertState = Literal["open", "acknowledged", "closed"]

STANCES: tuple[Stance, Stance, Stance] = ("against", "neutral", "favor")
PERSON_KINDS: frozenset[str] = frozenset({"group", "comments", "forum"})


@dataclass(frozen=True, slots=True)
class Source:
    """A place that posts come from. `source` is the short name used in every key and on every page."""

    source: str
    kind: SourceKind
    address: str = ""
    title: str = ""
    language: str = ""
    region: str = ""
    audience: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One message as it was published. The key is `source` + `native_id`.

    `author` is a pseudonym (keyed HMAC), "" where the source names nobody. `voice` says whether a
    person or an outlet (a channel, an editorial account) speaks. `text` has contact data masked.
    """

    source: str
    native_id: str
    posted_at: dt.datetime
    text: str
    author: str = ""
    voice: Voice = "person"
    thread: str = ""
    reply_to: str = ""
    forwarded_from: str = ""
    edited_at: dt.datetime | None = None
    deleted_at: dt.datetime | None = None
    views: int | None = None
    forwards: int | None = None
    reactions: int | None = None
    language: str = ""
    text_digest: str = ""
    collected_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read: kept aside with its place and the reason, never dropped silently."""

    source: str
    place: str
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text names a target: character offsets [start, end) and the words found."""

    target: str
    start: int
    end: int
    surface: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one post expresses toward one target, as `model` reads it. Probabilities sum to 1."""

    source: str
    native_id: str
    target: str
    model: str
    p_against: float
    p_neutral: float
    p_favor: float
    stance: Stance
    start: int = 0
    end: int = 0
    surface: str = ""
    narratives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetReading:
    """What a text expresses toward one target it mentions: an Opinion before it belongs to a post."""

    target: str
    start: int
    end: int
    surface: str
    p_against: float
    p_neutral: float
    p_favor: float
    stance: Stance
    narratives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What `model` read in one distinct text. `results` is empty where the text mentions no target."""

    text_digest: str
    model: str
    language: str
    results: tuple[TargetReading, ...] = ()


@dataclass(frozen=True, slots=True)
class Audit:
    """One human label of a post drawn with a known probability (or purposively: probability None)."""

    source: str
    native_id: str
    target: str
    coder: str
    label: Stance | None
    inclusion_probability: float | None
    drawn_at: dt.datetime
    labelled_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """The share of one stance toward a target in one period and group, with its interval.

    `share`, `low`, `high` are None where the group has too few authors to be told (suppressed) or
    nothing to estimate from; `n_authors` then still says how many there were at most.
    """

    target: str
    by: Period
    period: str
    starts: dt.date
    group: str
    value: str
    voices: Voices
    among: Among
    stance: Stance
    model: str
    share: float | None
    low: float | None
    high: float | None
    n_posts: int
    n_authors: int
    n_labels: int
    n_eff: float | None
    deff: float | None
    method: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Poll:
    """A published poll question about a target. Shares are fractions; `margin` is a fraction too."""

    poll: str
    pollster: str
    starts: dt.date
    ends: dt.date
    target: str
    question: str
    shares: dict[str, float]
    source: str
    n: int | None = None
    margin: float | None = None
    mode: str = ""
    narrative: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The monitor's share minus a poll's, in the periods that cover the poll's field dates.

    `p_equivalent`: the probability that the two are within 5 points. `house`: by how much this monitor is above polls,
    from the `n_earlier` polls before this one; `adjusted` is the monitor's share less that. `change`: the monitor's
    change since the poll `changed_since` minus the poll's own. `note` says why any of these is missing.
    """

    poll: str
    target: str
    stance: str
    starts: dt.date
    ends: dt.date
    model: str
    monitor_share: float | None
    poll_share: float
    difference: float | None
    low: float | None
    high: float | None
    p_above: float | None
    n_authors: int
    n_eff: float | None
    verdict: Literal["above", "below", "consistent", "insufficient"]
    reason: str = ""
    p_equivalent: float | None = None
    house: float | None = None
    house_low: float | None = None
    house_high: float | None = None
    adjusted: float | None = None
    adjusted_low: float | None = None
    adjusted_high: float | None = None
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    n_earlier: int = 0
    changed_since: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """A spike that a rule found. Key: rule + target + group + value + window."""

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


@dataclass(frozen=True, slots=True)
class Delivery:
    """The state of one alert on its way to one channel (a recipient's name, never its address)."""

    alert_id: int
    channel: str
    attempts: int = 0
    delivered_at: dt.datetime | None = None
    error: str = ""
    attempted_at: dt.datetime | None = None


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
    source was last read to its end.
    """

    source: str
    state: ReadingState = "ok"
    reason: str = ""
    failures: int = 0
    first_id: int | None = None
    last_id: int | None = None
    checked_at: dt.datetime | None = None
    complete_at: dt.datetime | None = None
