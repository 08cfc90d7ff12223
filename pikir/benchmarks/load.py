"""Telegram exports of any size for `pikir benchmark run`: distinct posts put together from the sample's texts.

A given share of them mentions a target. Authors write as people do in chats: few much, many once. The same seed gives
the same posts, in order of time.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from typing import Any

from configs.settings import TargetSettings
from models.screen import Screen
from pikir.sample.pool import read_pool

FIRST = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
CHATS = tuple(f"load-{number}" for number in range(1, 6))
REGIONS = ("Almaty", "Astana", "Turkistan", "North Kazakhstan", "Atyrau")
_AUTHORS_PER_POST = 0.02
_FIRST_USER = 7_000_000


@dataclass(frozen=True)
class Load:
    """`posts` posts over `days` days from 2022 on, the share `mentioning` of which mention a target."""

    posts: int
    mentioning: float = 0.05
    days: int = 1095
    seed: int = 0

    def write(self, folder: Path, targets: Sequence[TargetSettings], after: int = 0, until: int | None = None) -> None:
        """One export of each chat, NAME.json, with the posts numbered above `after` and up to `until` (None: all)."""
        folder.mkdir(parents=True, exist_ok=True)
        files = {name: (folder / f"{name}.json").open("w", encoding="utf-8") for name in CHATS}
        try:
            for place, (name, file) in enumerate(files.items()):
                head = {"name": name, "type": "public_supergroup", "id": 9_100_000_000 + place}
                file.write(json.dumps(head)[:-1] + ',\n "messages": [')
            begun: set[str] = set()
            for name, message in islice(self._messages(targets), until):
                if message["id"] > after:
                    files[name].write(",\n" if name in begun else "\n")
                    begun.add(name)
                    files[name].write(json.dumps(message, ensure_ascii=False))
            for file in files.values():
                file.write("\n]}\n")
        finally:
            for file in files.values():
                file.close()

    def _messages(self, targets: Sequence[TargetSettings]) -> Iterator[tuple[str, dict[str, Any]]]:
        random = Random(self.seed)
        on_target, plain = _texts(targets)
        authors = max(50, int(self.posts * _AUTHORS_PER_POST))
        reach = list(accumulate(1 / (rank + 10) for rank in range(authors)))
        step = dt.timedelta(days=self.days) / self.posts
        for number in range(1, self.posts + 1):
            at = FIRST + number * step
            author = random.choices(range(authors), cum_weights=reach)[0]
            text = f"{random.choice(plain)} {random.choice(plain)}"
            if random.random() < self.mentioning:
                text = f"{random.choice(on_target)} {random.choice(plain)}"
            message = {
                "id": number,
                "type": "message",
                "date": at.strftime("%Y-%m-%dT%H:%M:%S"),
                "date_unixtime": str(int(at.timestamp())),
                "from": f"user {author}",
                "from_id": f"user{_FIRST_USER + author}",
                # The number makes each text distinct, as most are: none is saved by having been read before.
                "text": f"{text} {number}",
                "text_entities": [],
            }
            yield CHATS[random.randrange(len(CHATS))], message


def _texts(targets: Sequence[TargetSettings]) -> tuple[list[str], list[str]]:
    """The sample's texts that mention a target, and those in which the screen finds nothing."""
    screen = Screen(targets)
    pool = [one.text for one in read_pool() if one.kind != "news"]
    passed = screen.passes(pool)
    return (
        [text for text, passes in zip(pool, passed, strict=True) if passes],
        [text for text, passes in zip(pool, passed, strict=True) if not passes],
    )
