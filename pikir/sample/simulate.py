"""The simulation: day by day, who writes what where and in reply to what. The same seed gives the same posts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from pikir.sample.chooser import Chooser
from pikir.sample.course import FIRST, GAP, LAST, VOLUME, at
from pikir.sample.people import Person, make_people
from pikir.sample.pool import TARGETS, PoolText
from pikir.sample.surface import written

SEED = 2022
ZONE = ZoneInfo("Asia/Almaty")
OUTLET, COMMENTS, FORUM = "qala-news", "qala-comments", "north-forum"
SOURCES = (OUTLET, COMMENTS, "almaty-chat", "auyl-group", FORUM)
_SESSIONS = 13.0
_NEWS = 0.9
_AGAIN = {"loud": 0.42, "quiet": 0.26}
_FORWARD, _REPLY, _EDIT, _REACT = 0.015, 0.3, 0.035, 0.22
_COMMENT_OF_NEWS = 0.65
_HOURS = (2, 1, 1, 0, 0, 1, 3, 6, 9, 9, 8, 8, 9, 9, 8, 8, 8, 9, 11, 13, 14, 13, 10, 6)
_WEEKDAYS = (1.05, 1.0, 1.0, 1.05, 1.05, 0.95, 0.9)
_EMOJI = ("👍", "❤", "🔥", "😁", "👎", "😢")


@dataclass(frozen=True, slots=True)
class Post:
    """One simulated message, with what a reader of the export cannot see: `labels`, and whether it was `collected`.

    `author` is None where the outlet speaks. `number` is the id within the source; `thread` a forum's topic.
    """

    source: str
    at: dt.datetime
    text: str
    labels: Mapping[str, str]
    author: Person | None = None
    forwarded: bool = False
    number: int = 0
    reply_to: int = 0
    thread: int = 0
    edited_at: dt.datetime | None = None
    reactions: Mapping[str, int] = field(default_factory=dict)
    collected: bool = True

    @property
    def day(self) -> dt.date:
        """The local day."""
        return self.at.date()


def simulate(pool: Sequence[PoolText], seed: int = SEED) -> list[Post]:
    """Every post of the year, by source and time."""
    random = Random(seed)
    people = make_people(random)
    chooser = Chooser(pool, random)
    by_source: dict[str, list[Post]] = defaultdict(list)
    reach = tuple(accumulate(person.activity for person in people))
    for offset in range((LAST - FIRST).days + 1):
        day = FIRST + dt.timedelta(days=offset)
        news = _news(chooser, day, random)
        volume = _SESSIONS * at(VOLUME, day) * _WEEKDAYS[day.weekday()]
        posts = [*news, *(replace(post, source=COMMENTS, forwarded=True) for post in news)]
        for _ in range(_rounded(volume, random)):
            person = random.choices(people, cum_weights=reach)[0]
            posts += _session(person, chooser, day, news, random)
        for post in posts:
            by_source[post.source].append(post)
    return [post for source in SOURCES for post in _threaded(source, by_source[source], random)]


def _news(chooser: Chooser, day: dt.date, random: Random) -> list[Post]:
    count = _rounded(_NEWS * min(at(VOLUME, day), 2.0), random)
    texts = [chooser.news(("ru", "ru", "kk"), day) for _ in range(count)]
    return [Post(OUTLET, _moment(day, random), text.text, text.labels) for text in texts]


def _session(person: Person, chooser: Chooser, day: dt.date, news: list[Post], random: Random) -> Iterator[Post]:
    """A few posts in one place; who is against something goes on for longer."""
    source = random.choice(person.sources)
    loud = any(person.stance(target, day) == "against" for target in TARGETS)
    more = _AGAIN["loud" if loud else "quiet"]
    while True:
        if news and source not in (COMMENTS, FORUM) and random.random() < _FORWARD:
            shared = random.choice(news)
            yield Post(source, _moment(day, random), shared.text, shared.labels, person, forwarded=True)
        else:
            text = chooser.post(person, source, day)
            yield Post(source, _moment(day, random), written(text, random), text.labels, person)
        if random.random() > more:
            return


def _threaded(source: str, posts: list[Post], random: Random) -> Iterator[Post]:
    """The posts in order of time, with ids (some missing, as where messages were deleted), replies and reactions."""
    number = random.randrange(100, 900)
    recent: list[Post] = []
    thread = 1
    for post in sorted(posts, key=lambda post: (post.at, post.text)):
        number += 1 + (random.random() < 0.06)
        parent = _parent(source, post, recent, random)
        if source == FORUM:
            fresh = not parent and random.random() < 0.2
            thread += fresh
            topic = parent.thread if parent else thread
        else:
            topic = 0
        done = replace(
            post,
            number=number,
            reply_to=parent.number if parent else 0,
            thread=topic,
            edited_at=post.at + dt.timedelta(seconds=random.randrange(20, 1800)) if random.random() < _EDIT else None,
            reactions=_reactions(random),
            collected=source != "auyl-group" or not GAP[0] <= post.day <= GAP[1],
        )
        recent = [*recent[-11:], done]
        yield done


def _parent(source: str, post: Post, recent: Sequence[Post], random: Random) -> Post | None:
    if post.author is None or not recent:
        return None
    outlet = [one for one in recent if one.author is None]
    if source == COMMENTS and outlet and random.random() < _COMMENT_OF_NEWS:
        return outlet[-1]
    return random.choice(recent) if random.random() < _REPLY else None


def _reactions(random: Random) -> dict[str, int]:
    if random.random() > _REACT:
        return {}
    kinds = random.sample(_EMOJI, random.choice((1, 1, 2)))
    return {kind: 1 + int(random.expovariate(0.4)) for kind in kinds}


def _moment(day: dt.date, random: Random) -> dt.datetime:
    hour = random.choices(range(24), _HOURS)[0]
    return dt.datetime.combine(day, dt.time(hour, random.randrange(60), random.randrange(60)), ZONE)


def _rounded(value: float, random: Random) -> int:
    """A whole number around `value`, with it as its mean and a spread of about its root."""
    return max(0, int(random.gauss(value, value**0.5) + 0.5)) if value > 4 else int(value + random.random())
