"""The figures behind the gates of alerts: outages that are found, made up, or read as opinion."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analysis.volumes import judge_volumes
from configs.settings import Settings
from flows.spikes import Watch
from storage.coverage import refresh_coverage
from storage.database import Database, open_database
from storage.opinions import replace_opinions
from storage.posts import upsert_posts
from storage.records import Opinion, Post, Source, Stance
from storage.sources import upsert_source

FIRST = dt.date(2022, 1, 3)
WEEKDAYS = np.array([1, 1, 1, 1, 1, 0.8, 0.7])
_OUT_OF = 20
_RULES: list[dict[str, Any]] = [
    {"name": f"{measure}-{group}", "target": "migrants", "measure": measure, "group": group, "recipients": []}
    for measure in ("mentions", "against")
    for group in ("all", "source")
]


def alerts() -> dict[str, float]:
    """Outages in simulated volumes, and the whole pipeline with outages injected.

    `false_outages`: alarms in 100 source-years without any outage, of which 6 are allowed. `silent_…`, `fell_…`: the
    share of week-long outages of sources with 30 posts a day and more that are found by their 1st, 3rd or 7th day.
    `injected_told`: the share of outages injected into a monitor that raise an alert; `opinion_alerts_made`: alerts of
    opinion that the monitor with these outages raises and the same monitor without them does not; `…_unmuted`: the same
    where nothing is held back.
    """
    dice = np.random.default_rng(0)
    figures = {"false_outages": float(sum(_begins(judge_volumes(_volumes(dice))) for _ in range(5)))}
    for name, rest in (("silent", 0.0), ("fell", 0.2)):
        firsts = np.array([first for _ in range(4) for first in _found(dice, rest)])
        figures |= {f"{name}_day_{day}": float(np.mean(firsts < day)) for day in (1, 3, 7)}
    return figures | _injected(np.random.default_rng(1))


def _volumes(dice: np.random.Generator, days: int = 365) -> pl.DataFrame:
    """20 sources of 5 to 300 posts a day: negative binomial, a level that drifts, quieter week-ends."""
    frames = []
    for number in range(_OUT_OF):
        level = np.exp(dice.uniform(np.log(5), np.log(300)) + np.cumsum(dice.normal(0, 0.02, days)))
        mean = level * WEEKDAYS[np.arange(days) % 7]
        posts = dice.negative_binomial(8, 8 / (8 + mean))
        frames.append(pl.DataFrame({"source": f"s{number:02}", "day": _dates(days), "posts": posts, "level": level}))
    return pl.concat(frames)


def _dates(days: int) -> list[dt.date]:
    return [FIRST + dt.timedelta(n) for n in range(days)]


def _begins(judged: pl.DataFrame) -> int:
    before = pl.col("low").shift(1, fill_value=False).over("source", order_by="day")
    return int(judged.select((pl.col("low") & ~before).sum()).item())


def _found(dice: np.random.Generator, rest: float) -> list[int]:
    """For each source of 30 posts a day and more the day (0 …) of a week-long outage on which it is found; else 99."""
    volumes = _volumes(dice)
    begins = {source: FIRST + dt.timedelta(int(dice.integers(60, 300))) for source in volumes["source"].unique().sort()}
    begin = pl.col("source").replace_strict(begins, return_dtype=pl.Date)
    into = (pl.col("day") - begin).dt.total_days()
    out = pl.when(into.is_between(0, 6)).then((pl.col("posts") * rest).cast(pl.Int64)).otherwise(pl.col("posts"))
    judged = judge_volumes(volumes.with_columns(posts=out)).join(
        volumes.select("source", "day", "level"), on=["source", "day"]
    )
    week = judged.with_columns(into=into).filter(pl.col("into").is_between(0, 6))
    large = week.group_by("source", maintain_order=True).agg(
        level=pl.col("level").mean(), first=pl.col("into").filter("low").min().fill_null(99)
    )
    return [int(first) for first in large.filter(pl.col("level") >= 30)["first"]]


def _injected(dice: np.random.Generator, days: int = 150) -> dict[str, float]:
    """Six sources that differ in size and in how much they speak of migrants; two outages of each but the first."""
    means, rates = (70, 50, 40, 30, 40, 60), (0.02, 0.4, 0.05, 0.5, 0.1, 0.01)
    posts = [dice.poisson(mean, days) for mean in means]
    mentions = [dice.binomial(day, rate) for day, rate in zip(posts, rates, strict=True)]
    places = dice.permutation(np.arange(30, days - 12, 11))[:10]
    outages = [(1 + n % 5, int(at), int(dice.integers(1, 6))) for n, at in enumerate(places)]
    broken = [day.copy() for day in posts]
    for source, at, length in outages:
        broken[source][at : at + length] = 0
    with tempfile.TemporaryDirectory() as folder:
        whole, _ = _watch(Path(folder) / "whole.db", posts, mentions, mutes=True)
        held, told = _watch(Path(folder) / "broken.db", broken, mentions, mutes=True)
        unmuted, _ = _watch(Path(folder) / "unmuted.db", broken, mentions, mutes=False)
    reported = [any(one == source and begins <= at <= ends for one, begins, ends in told) for source, at, _ in outages]
    return {
        "injected_told": float(np.mean(reported)),
        "opinion_alerts_made": float(len(held - whole)),
        "opinion_alerts_made_unmuted": float(len(unmuted - whole)),
    }


def _watch(
    file: Path, posts: list[np.ndarray], mentions: list[np.ndarray], *, mutes: bool
) -> tuple[set[tuple[str, str, str]], list[tuple[int, int, int]]]:
    """The opinion alerts (rule, value, window) and the outages told (source, first and last day) of one monitor."""
    days = len(posts[0])
    settings = Settings.model_validate(
        {
            "folder": str(file.parent),
            "monitor": {},
            "alerts": {"rules": _RULES, "coverage": {"mutes": mutes}},
            "targets": [
                {"id": "migrants", "title": {"en": "m"}, "description": {"ru": "м"}, "match": {"ru": {"lemmas": ["м"]}}}
            ],
            "sources": [{"name": f"s{n}", "kind": "group", "path": f"{n}.jsonl"} for n in range(len(posts))],
        }
    )
    with open_database(f"sqlite:///{file}") as database:
        _fill(database, settings, posts, mentions)
        noon = dt.datetime.combine(FIRST + dt.timedelta(days), dt.time(12), dt.UTC)
        raised = Watch(database, settings, "m", noon).run()
    spikes = {(one.rule, one.value, one.window) for one in raised if one.kind == "opinion"}
    told = [entry for one in raised if one.kind == "coverage" for entry in one.explanation["sources"]]
    return spikes, [(int(one["source"][1:]), _number(one["first"]), _number(one["last"])) for one in told]


def _number(day: str) -> int:
    return (dt.date.fromisoformat(day) - FIRST).days


def _fill(database: Database, settings: Settings, posts: list[np.ndarray], mentions: list[np.ndarray]) -> None:
    zone = settings.monitor.zone
    made, opinions = [], []
    for source, (counts, about) in enumerate(zip(posts, mentions, strict=True)):
        for day, count in enumerate(counts):
            at = dt.datetime.combine(FIRST + dt.timedelta(day), dt.time(9), zone).astimezone(dt.UTC)
            for person in range(int(count)):
                key = (f"s{source}", f"{day}-{person}")
                made.append(Post(*key, at + dt.timedelta(seconds=person), "", author=f"{source}/{person}"))
                if person < about[day]:
                    stance: Stance = "against" if (person + day) % 2 else "favor"
                    opinions.append(Opinion(*key, "migrants", "m", 0.4, 0.2, 0.4, stance))
    with database.write() as c:
        for number in range(len(posts)):
            upsert_source(c, Source(f"s{number}", "group"))
        upsert_posts(c, made)
        replace_opinions(c, [(one.source, one.native_id) for one in opinions], "m", opinions)
        refresh_coverage(c, zone, set(_dates(len(posts[0]))))
