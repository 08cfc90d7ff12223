"""Which text of the pool a person posts: in their language, fitting the day and everything they think."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from random import Random

from pikir.sample.course import TOPIC, at
from pikir.sample.people import Person
from pikir.sample.pool import TARGETS, PoolText

_TAKES_SIDES = 0.78
_WITH_STANCE, _WITHOUT_STANCE = 1.35, 0.35
_FORUM_TEXT = 0.5
_CANDIDATES = 5
# What people write, by the language that they think in.
_WRITES = {
    "ru": {"ru": 0.97, "mix": 0.03},
    "kk": {"kk": 0.85, "mix": 0.15},
    "mix": {"mix": 0.6, "ru": 0.2, "kk": 0.2},
    "en": {"en": 0.75, "ru": 0.25},
}


class Chooser:
    """Picks texts; nobody repeats a text before they run out of others, and rarely used ones come first."""

    def __init__(self, pool: Sequence[PoolText], random: Random) -> None:
        self._random = random
        self._by_kind: dict[tuple[str, str, str], list[PoolText]] = defaultdict(list)
        for text in pool:
            for topic in text.labels or ("",):
                self._by_kind[text.kind, text.lang, topic].append(text)
        self._used: Counter[str] = Counter()
        self._told: set[tuple[int, str]] = set()

    def post(self, person: Person, source: str, day: dt.date) -> PoolText:
        """What `person` posts in `source` on `day`."""
        topic = self._topic(person, day)
        language = "ru" if source == "north-forum" else self._drawn(_WRITES[person.language])
        if topic:
            thinks = {target: person.stance(target, day) for target in TARGETS}
            label = thinks[topic] if self._random.random() < _TAKES_SIDES else ""
            for wanted in dict.fromkeys((label or "neutral", "neutral")):
                fitting = [
                    text
                    for text in self._texts(source, language, topic)
                    if text.labels[topic] == wanted
                    and text.fits(day)
                    and all(stance in ("neutral", thinks[t]) for t, stance in text.labels.items())
                ]
                if fitting:
                    fresh = [text for text in fitting if (person.number, text.id) not in self._told]
                    return self._take(fresh or fitting, person.number)
        return self._take([text for text in self._texts(source, language, "") if text.fits(day)], person.number)

    def news(self, languages: Iterable[str], day: dt.date) -> PoolText:
        """What the outlet posts: about a target about as often as people do."""
        language = self._random.choice(tuple(languages))
        about = [topic for topic in TARGETS if self._random.random() < at(TOPIC[topic], day)]
        for topics in (about, [""]):
            texts = [text for topic in topics for text in self._by_kind["news", language, topic] if text.fits(day)]
            if texts:
                return self._take(texts, 0)
        raise ValueError(f"the pool has no news in {language} for {day}")

    def _topic(self, person: Person, day: dt.date) -> str:
        """The target that the post is about; "" for everything else. Who has a stance on it talks of it more."""
        drawn = self._random.random()
        for topic in TARGETS:
            drawn -= at(TOPIC[topic], day) * (_WITH_STANCE if topic in person.rank else _WITHOUT_STANCE)
            if drawn < 0:
                return topic
        return ""

    def _texts(self, source: str, language: str, topic: str) -> list[PoolText]:
        own = source == "north-forum" and self._random.random() < _FORUM_TEXT
        return self._by_kind["forum" if own else "chat", language, topic] or self._by_kind["chat", language, topic]

    def _take(self, fitting: Sequence[PoolText], author: int) -> PoolText:
        """The least used of a few: so every text has its turn, in no fixed order."""
        few = [self._random.choice(fitting) for _ in range(_CANDIDATES)]
        text = min(few, key=lambda candidate: self._used[candidate.id])
        self._used[text.id] += 1
        self._told.add((author, text.id))
        return text

    def _drawn(self, weights: dict[str, float]) -> str:
        return self._random.choices(tuple(weights), tuple(weights.values()))[0]
