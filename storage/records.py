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
AlertKind = Literal["opinion", "coverage"]
Occasion = Literal["raised", "escalated", "ended"]

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
class Draw:
    """One probability sample of authors, each with one random post of a window [starts, ends).

    `authors` and `posts`: how many the sampled population holds. `strata`: by the model's answer, how many authors
    there are and how many were drawn, {"against": (120, 60), …}. `period` is the window's name.
    """

    target: str
    period: str
    starts: dt.datetime
    ends: dt.datetime
    model: str
    seed: int
    authors: int
    posts: int
    strata: dict[str, tuple[int, int]]
    drawn_at: dt.datetime
    id: int | None = None


@dataclass(frozen=True, slots=True)
class DrawnPost:
    """The post that stands for one drawn author. `place`: its random place in the queue, from 0.

    `inclusion_probability` is the author's; he had `author_posts` about the target in the window, of which this one was
    taken at random. `stratum`: the model's answer to it, which no coder sees.
    """

    draw: int
    source: str
    native_id: str
    place: int
    stratum: Stance
    inclusion_probability: float
    author_posts: int


@dataclass(frozen=True, slots=True)
class Adjudication:
    """The label that was settled where coders disagree; None where the post cannot be decided at all."""

    source: str
    native_id: str
    target: str
    label: Stance | None
    decided_by: str
    decided_at: dt.datetime
    reason: str = ""


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

    `narrative` is set where a reason is compared, not a stance. `p_equivalent`: the probability that the two differ by
    less than five points. `house`: the monitor's offset learnt from the `house_polls` polls before, with its interval;
    None without any. The adjusted share and difference are free of it; their interval contains its error.
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
    narrative: str = ""
    p_equivalent: float | None = None
    house: float | None = None
    house_low: float | None = None
    house_high: float | None = None
    house_polls: int = 0
    adjusted_share: float | None = None
    adjusted_difference: float | None = None
    adjusted_low: float | None = None
    adjusted_high: float | None = None


@dataclass(frozen=True, slots=True)
class PollChange:
    """How a poll and the monitor moved between two polls of one question; `difference` is monitor minus poll."""

    poll: str
    earlier: str
    target: str
    stance: str
    model: str
    poll_change: float
    monitor_change: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_above: float | None
    verdict: Literal["above", "below", "consistent", "insufficient"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """A spike that a rule found, or an outage of a source. Key: rule + target + group + value + window.

    `kind`: opinion (a spike in what people write) or coverage (a source that gives less than it should: for the
    operator; `target` is then "" and `upper` repeats `expected`). `window`: the first local day, ISO week or hour.
    `state`: open (nobody has taken note), acknowledged, closed (over, and somebody has taken note). `ended`: the first
    local day after it, None while it lasts. `notes`: what people wrote beside it, each with at, by and text.
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
class Mute:
    """Nothing is sent about `subject` (a rule, a target, or a source) before `until`. Key: subject."""

    subject: str
    until: dt.datetime
    by: str = ""
    note: str = ""
    muted_at: dt.datetime | None = None


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
