"""Three years of a monitor, drawn: who wrote when and where, what was read in it, and the shares that follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from storage.records import STANCES, Period, SourceKind

ZONE = ZoneInfo("Asia/Almaty")
FIRST, DAYS = dt.date(2020, 1, 6), 156 * 7
TARGETS = ("migrants", "russia")
SOURCES: tuple[tuple[SourceKind, str], ...] = (
    *(("group", f"chat-{k}") for k in range(6)),
    *(("forum", f"forum-{k}") for k in range(3)),
    *(("channel", f"channel-{k}") for k in range(3)),
)
REGIONS = ("Almaty", "Astana", "Shymkent", "")
LANGUAGES = ("ru", "kk", "mixed")
_SYLLABLES = ("ка", "бо", "ты", "рен", "сол", "жан", "гу", "мир", "та", "ле", "дос", "ык", "пар", "ни", "вер", "то")
_SURFACES = {"migrants": "мигранты", "russia": "Россия"}
_MIN_AUTHORS = 10
_AMONG = ("opinionated", "all")
_TRUNCATE: dict[Period, str] = {"day": "1d", "week": "1w", "month": "1mo"}
_NAMES: dict[Period, str] = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


def posts(n: int, rng: np.random.Generator, first: dt.date = FIRST, days: int = DAYS) -> pl.DataFrame:
    """`n` posts in the order of their time, with the columns of the store that are not empty, and `both`, `either`.

    Authors are heavy-tailed: one in twelve writes half of it. Of 100 posts 15 are about both targets, 70 about one.
    """
    weight = rng.pareto(1.3, max(n // 12, 50)) + 1
    author = rng.choice(weight.size, size=n, p=weight / weight.sum())
    popular = 1 / np.arange(1, len(SOURCES) + 1) ** 0.7
    source = rng.choice(len(SOURCES), size=n, p=popular / popular.sum())
    start = int(dt.datetime.combine(first, dt.time(), ZONE).timestamp())
    moment = np.sort(rng.integers(0, days * 86_400, n)) + start
    about = rng.choice(4, size=n, p=[0.45, 0.25, 0.15, 0.15])
    outlet = np.array([kind == "channel" for kind, _ in SOURCES])[source]
    return pl.DataFrame(
        {
            "source": pl.Series([name for _, name in SOURCES])[source],
            "region": pl.Series([REGIONS[k % len(REGIONS)] for k in range(len(SOURCES))])[source],
            "posted_at": moment * 1_000_000,
            "author": pl.Series(author).cast(pl.String).str.zfill(32),
            "voice": pl.Series(["person", "outlet"])[outlet.astype(int)],
            "language": pl.Series(LANGUAGES)[rng.choice(3, size=n, p=[0.6, 0.3, 0.1])],
            "thread": pl.Series(rng.integers(0, n // 40 + 1, n)).cast(pl.String),
            "migrants": (about == 0) | (about == 2),
            "russia": (about == 1) | (about == 2),
        }
    )


def texts(about: pl.DataFrame, rng: np.random.Generator) -> Iterator[str]:
    """A text of 8 to 24 invented words for each post, with the surface of each target that it is about."""
    words = np.array(["".join(rng.choice(_SYLLABLES, rng.integers(2, 5))) for _ in range(6000)], dtype=object)
    common = 1 / np.arange(1, words.size + 1)
    lengths = rng.integers(8, 25, about.height)
    drawn = words[rng.choice(words.size, size=int(lengths.sum()), p=common / common.sum())]
    ends = np.cumsum(lengths)
    for begin, end, *mentions in zip(ends - lengths, ends, about["migrants"], about["russia"], strict=True):
        named = [_SURFACES[target] for target, told in zip(TARGETS, mentions, strict=True) if told]
        yield " ".join([*named, *drawn[begin:end]])


def opinions(
    told: pl.DataFrame, narratives: Mapping[str, Sequence[tuple[str, str]]], rng: np.random.Generator
) -> pl.DataFrame:
    """One row for each post and target: probabilities that drift over the years, the likeliest stance, a narrative.

    `told`: posts with native_id. `narratives`: target → (name, stance). Every third opinion that takes a stance names
    one narrative of that stance.
    """
    frames = []
    for place, target in enumerate(TARGETS):
        frame = told.filter(pl.col(target))
        years = (frame["posted_at"].to_numpy() - told["posted_at"].min()) / (365 * 86_400e6)
        lean = np.stack([1.2 + 0.3 * np.sin(2 * years + place), np.full(years.size, 1.0), np.full(years.size, 0.7)], 1)
        drawn = rng.standard_gamma(lean)
        p = np.round(drawn / drawn.sum(axis=1, keepdims=True), 6)
        stance = np.array(STANCES)[p.argmax(axis=1)]
        named = np.full(years.size, "", dtype=object)
        for one in ("against", "favor"):
            known = [name for name, goes_with in narratives[target] if goes_with == one]
            rows = np.flatnonzero((stance == one) & (rng.random(years.size) < 1 / 3))
            if known:
                named[rows] = np.array(known, dtype=object)[rng.integers(0, len(known), rows.size)]
        frames.append(
            frame.select("source", "native_id", "region", "posted_at", "author", "voice", "language").with_columns(
                target=pl.lit(target),
                stance=pl.Series(stance),
                narrative=pl.Series(named, dtype=pl.String),
                surface=pl.lit(_SURFACES[target]),
                **{f"p_{name}": pl.Series(p[:, k]) for k, name in enumerate(STANCES)},
            )
        )
    return pl.concat(frames)


def shares(read: pl.DataFrame, model: str, by: Period, last: dt.date) -> Iterator[pl.DataFrame]:
    """Shares of every group, voice and base by counting probabilities, with intervals from the number of authors.

    Plain averages stand in for the estimators: as many rows as a run writes, at a thousandth of the work. Periods that
    reach beyond the day `last` are not complete.
    """
    local = pl.from_epoch("posted_at", time_unit="us").dt.replace_time_zone("UTC").dt.convert_time_zone(ZONE.key)
    dated = read.with_columns(starts=local.dt.date().dt.truncate(_TRUNCATE[by]))
    for group in ("all", "source", "language", "region", "narrative"):
        split = dated.with_columns(value=pl.lit("") if group == "all" else pl.col(group))
        if group == "narrative":
            split = split.filter(pl.col("value") != "")
        for voices, kept in (("people", pl.col("voice") == "person"), ("outlets", pl.col("voice") == "outlet")):
            counted = _counted(split.filter(kept))
            for among in _AMONG:
                if group != "narrative" or among == "all":
                    told = _told(counted, among).with_columns(
                        period=pl.col("starts").dt.to_string(_NAMES[by]),
                        complete=pl.col("starts").dt.offset_by(_TRUNCATE[by]) <= last + dt.timedelta(days=1),
                    )
                    yield told.with_columns(by=pl.lit(by), group=pl.lit(group), voices=pl.lit(voices),
                                            among=pl.lit(among), model=pl.lit(model))  # fmt: skip


def _counted(frame: pl.DataFrame) -> pl.DataFrame:
    sums = [pl.col(f"p_{stance}").sum() for stance in STANCES]
    return frame.group_by("target", "starts", "value").agg(
        *sums, n_posts=pl.len(), n_authors=pl.col("author").n_unique()
    )


def _told(counted: pl.DataFrame, among: str) -> pl.DataFrame:
    """One row a stance; null where there are too few authors."""
    asked = STANCES if among == "all" else [stance for stance in STANCES if stance != "neutral"]
    whole = pl.sum_horizontal(f"p_{stance}" for stance in asked)
    error = 1.96 * (pl.col("share") * (1 - pl.col("share")) / pl.col("n_eff")).sqrt()
    enough = pl.col("n_authors") >= _MIN_AUTHORS
    parts = [
        counted.with_columns(
            stance=pl.lit(stance), share=pl.col(f"p_{stance}") / whole, n_eff=pl.col("n_authors") / 1.4
        )
        for stance in asked
    ]
    bounds = pl.concat(parts).with_columns(
        low=(pl.col("share") - error).clip(0, 1), high=(pl.col("share") + error).clip(0, 1)
    )
    shown = ("share", "low", "high", "n_eff")
    return bounds.with_columns(pl.when(enough).then(pl.col(name)).alias(name) for name in shown).select(
        "target", "starts", "value", "stance", *shown, "n_posts", "n_authors",
        n_labels=pl.lit(0), deff=pl.when(enough).then(pl.lit(1.4)),
        method=pl.when(enough).then(pl.lit("pcc")).otherwise(pl.lit("suppressed")),
    )  # fmt: skip
