"""The people: where and in which language they write, how much, and what they think through the year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from pikir.sample.course import AGAINST, at
from pikir.sample.pool import TARGETS


@dataclass(frozen=True, slots=True)
class Community:
    """The people of one source: how many, what they speak, and how they lean against each target beside the others."""

    source: str
    size: int
    languages: Mapping[str, float]
    lean: Mapping[str, float]


COMMUNITIES = (
    Community("almaty-chat", 390, {"ru": 0.74, "mix": 0.18, "en": 0.08}, {"migrants": 0.0, "russia": 0.2}),
    Community("auyl-group", 290, {"kk": 0.85, "mix": 0.15}, {"migrants": 0.3, "russia": 0.5}),
    Community("qala-comments", 240, {"ru": 0.52, "kk": 0.34, "mix": 0.14}, {"migrants": 0.0, "russia": 0.0}),
    Community("north-forum", 180, {"ru": 1.0}, {"migrants": -0.1, "russia": -0.9}),
)
_HAS_STANCE = 0.65
_DELETED = 0.02
_SECOND_HOME = 0.25
_TAIL = 1.0


@dataclass(frozen=True, slots=True)
class Person:
    """An invented author. `rank` by target they have a stance on: the lower in [0, 1), the sooner against.

    `activity`: sessions in proportion to others. `sources`: the home, then perhaps one other. `deleted`: the account
    was gone when the export was made.
    """

    number: int
    sources: tuple[str, ...]
    language: str
    activity: float
    rank: Mapping[str, float]
    deleted: bool

    def stance(self, target: str, day: dt.date) -> str:
        """Against or favor, or "" where they have no opinion. It turns when the course passes their rank."""
        if target not in self.rank:
            return ""
        return "against" if self.rank[target] < at(AGAINST[target], day) else "favor"


def make_people(random: Random) -> tuple[Person, ...]:
    """Everybody, numbered from 1. Activity is log-normal: the busiest tenth writes more than a third of all posts."""
    drafts: list[tuple[Community, str, float]] = []
    for community in COMMUNITIES:
        languages, weights = tuple(community.languages), tuple(community.languages.values())
        for _ in range(community.size):
            drafts.append((community, random.choices(languages, weights)[0], random.lognormvariate(0.0, _TAIL)))
    ranks = {target: _ranks(target, drafts, random) for target in TARGETS}
    return tuple(
        Person(
            number=index + 1,
            sources=_sources(community, random),
            language=language,
            activity=activity,
            rank={target: ranks[target][index] for target in TARGETS if index in ranks[target]},
            deleted=random.random() < _DELETED,
        )
        for index, (community, language, activity) in enumerate(drafts)
    )


def _ranks(target: str, drafts: list[tuple[Community, str, float]], random: Random) -> dict[int, float]:
    """Rank by index of those who have a stance: the share of all their activity that leans further against."""
    latent = {
        index: random.gauss(-community.lean[target], 1.0)
        for index, (community, _, _) in enumerate(drafts)
        if random.random() < _HAS_STANCE
    }
    order = sorted(latent, key=lambda index: latent[index])
    activity = [drafts[index][2] for index in order]
    below = [0.0, *accumulate(activity)]
    return {index: (below[place] + activity[place] / 2) / below[-1] for place, index in enumerate(order)}


def _sources(community: Community, random: Random) -> tuple[str, ...]:
    """Some of the Almaty chat also comment on the news under the same account; a forum knows no Telegram accounts."""
    second = random.random() < _SECOND_HOME
    return ("almaty-chat", "qala-comments") if second and community.source == "almaty-chat" else (community.source,)
