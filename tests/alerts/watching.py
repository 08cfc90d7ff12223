"""A monitor's database made up for alerts: sources with so many people a day, of whom so many mention migrants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from configs.settings import Settings
from flows.spikes import Watch
from storage.coverage import refresh_coverage
from storage.database import Database
from storage.opinions import replace_opinions
from storage.posts import upsert_posts
from storage.records import Alert, Opinion, Post, Source
from storage.sources import upsert_source

ZONE = ZoneInfo("Asia/Almaty")
FIRST = dt.date(2022, 9, 1)
MODEL = "m"


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def at(number: int, hour: int = 9) -> dt.datetime:
    return dt.datetime.combine(day(number), dt.time(hour), ZONE).astimezone(dt.UTC)


def write_days(
    database: Database, people: Mapping[str, Sequence[int]], mentions: Mapping[str, Sequence[int]], text: str = "текст"
) -> None:
    """`people`: posts of each source by day, one a person; the first `mentions` of them mention migrants, against."""
    posts, opinions = [], []
    for source, days in people.items():
        for number, count in enumerate(days):
            for person in range(count):
                key = f"{number}-{person}"
                posted = at(number) + dt.timedelta(minutes=person)
                words = f"{text} {person % 7} {'аренда' if person % 2 else 'цены'} растут"
                posts.append(Post(source, key, posted, words, author=f"{source}{person}", language="ru"))
                if person < mentions[source][number]:
                    opinions.append(Opinion(source, key, "migrants", MODEL, 0.8, 0.1, 0.1, "against"))
    with database.write() as c:
        for source in people:
            upsert_source(c, Source(source, "group"))
        upsert_posts(c, posts)
        replace_opinions(c, [(post.source, post.native_id) for post in posts], MODEL, opinions)
        refresh_coverage(c, ZONE, {day(n) for days in people.values() for n in range(len(days))})


def settings_with(
    settings: Settings, rules: Sequence[dict[str, Any]], sources: Sequence[str] = (), **alerts: Any
) -> Settings:
    """The settings with other rules, and with configured sources of these names that are read from files."""
    raw = settings.model_dump(mode="json")
    raw["alerts"] = {**raw["alerts"], "rules": list(rules), **alerts}
    raw["sources"] = [{"name": name, "kind": "group", "path": f"{name}.jsonl"} for name in sources]
    return Settings.model_validate(raw)


def look(database: Database, settings: Settings, number: int) -> tuple[list[Alert], Watch]:
    """What a run at noon of that day raises."""
    watch = Watch(database, settings, MODEL, at(number, 12))
    return watch.run(), watch


DAY_OF_SPIKE = 30


def spike(database: Database, days: int) -> None:
    """One chat in which a quarter mention migrants, and nearly all on `DAY_OF_SPIKE`; the first `days` days of it."""
    mentions = [15 + number % 3 for number in range(days)]
    if days > DAY_OF_SPIKE:
        mentions[DAY_OF_SPIKE] = 55
    write_days(database, {"chat": [60] * days}, {"chat": mentions})
