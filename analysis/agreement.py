"""What moves when one model takes another's place: shares by period, and single readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from zoneinfo import ZoneInfo

import polars as pl

from analysis.periods import period_of
from storage.records import STANCES, Period, Share

_KEY = ("source", "native_id")
NOT_READ = "none"
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Moved:
    """One stance in one period, among all who mention the target, by the old and by the new model.

    `difference` is new minus old, the mean over authors of the difference of their probabilities, with a normal
    interval over these differences: the same people are in both, so it is much narrower than either share's. An author
    that one model reads nothing of is left out of it. None where fewer than two authors are in both.
    """

    period: str
    stance: str
    old: Share | None
    new: Share | None
    difference: float | None
    low: float | None
    high: float | None
    authors: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """Posts by the old model's stance and the new one's; "none" is a post that a model finds no mention in."""

    counts: Mapping[tuple[str, str], int]

    @property
    def agreement(self) -> float | None:
        """The share of posts that both read which they read alike; None where there is none."""
        both = {pair: n for pair, n in self.counts.items() if NOT_READ not in pair}
        whole = sum(both.values())
        return sum(n for (old, new), n in both.items() if old == new) / whole if whole else None


def confusion(old: pl.DataFrame, new: pl.DataFrame) -> Confusion:
    """Opinion frames of two models on one target (`storage.opinions.opinion_frame`), post by post."""
    names = [*_KEY, "stance"]
    joined = old.select(names).join(new.select(names), on=_KEY, how="full", coalesce=True, suffix="_new")
    filled = joined.select(pl.col("stance", "stance_new").fill_null(NOT_READ))
    return Confusion(
        {
            (a, b): n
            for a, b, n in filled.group_by("stance", "stance_new").len().sort("stance", "stance_new").iter_rows()
        }
    )


def moved(
    old: pl.DataFrame,
    new: pl.DataFrame,
    old_shares: Mapping[tuple[str, str], Share],
    new_shares: Mapping[tuple[str, str], Share],
    *,
    by: Period,
    zone: ZoneInfo,
    confidence: float,
) -> list[Moved]:
    """By period and stance, what the two models say of people, and the paired difference.

    `old`, `new`: opinion frames; the shares are by (period, stance), among all. Ordered by period and stance.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    means = _author_means(old, by, zone).join(
        _author_means(new, by, zone), on=["period", "author"], how="inner", suffix="_new"
    )
    rows = []
    for period in sorted({name for name, _ in (*old_shares, *new_shares)}):
        here = means.filter(pl.col("period") == period)
        for stance in STANCES:
            before, after = old_shares.get((period, stance)), new_shares.get((period, stance))
            if before is None and after is None:
                continue
            change = (here[f"p_{stance}_new"] - here[f"p_{stance}"]).to_list()
            rows.append(Moved(period, stance, before, after, *_interval(change, z), len(change)))
    return rows


def _author_means(opinions: pl.DataFrame, by: Period, zone: ZoneInfo) -> pl.DataFrame:
    """Each person's mean probabilities in each period; posts without an author stand for a person each."""
    people = opinions.filter(pl.col("voice") == "person")
    days = people["posted_at"].dt.convert_time_zone(zone.key).dt.date().to_list()
    nameless = pl.concat_str(pl.lit("post "), "source", pl.lit("/"), "native_id")
    return (
        people.with_columns(
            pl.Series("period", [period_of(day, by) for day in days], pl.String),
            author=pl.when(pl.col("author") == "").then(nameless).otherwise("author"),
        )
        .group_by("period", "author")
        .agg(*(pl.col(f"p_{stance}").mean() for stance in STANCES))
        .sort("period", "author")
    )


def _interval(change: list[float], z: float) -> tuple[float | None, float | None, float | None]:
    n = len(change)
    if n < _FEWEST:
        return None, None, None
    mean = sum(change) / n
    error = sqrt(sum((one - mean) ** 2 for one in change) / (n - 1) / n)
    return mean, mean - z * error, mean + z * error
