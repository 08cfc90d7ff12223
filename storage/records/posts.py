"""What was written, where, and what a model reads in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

SourceKind = Literal["channel", "group", "comments", "forum", "feed"]
Voice = Literal["person", "outlet"]
Stance = Literal["against", "neutral", "favor"]
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
