"""Opinions to the daily counts that rules watch.

The unit is a voice a day: a person counts once a day however much they write, so that one account
cannot raise an alarm by flooding; each post of an outlet, and each post without an author, counts.
"""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

Measure = Literal["mentions", "against", "favor"]
Group = Literal["all", "source", "language", "region"]
Split = Group | Literal["narrative"]


def daily_counts(
    opinions: pl.DataFrame, totals: pl.DataFrame, *, measure: Measure, group: Group, zone: ZoneInfo
) -> pl.DataFrame:
    """Daily counts of one measure: columns value, day, count, total, ordered so; one row for each day with posts.

    `opinions` are those of one target (as `storage.opinions.opinion_frame` gives them), `totals` the posts of all kinds
    (columns day, value, posts, as `storage.days.day_totals` gives them for the same group). For mentions, `count` is
    the voices that mention the target and `total` the posts in all: the offset that keeps a busier day, or a new
    source, from looking like interest. For against and favor, `count` is the voices with that stance in any post of
    the day and `total` those that mention the target. A day without any post has no row: nothing was observed.
    """
    observed = totals.select("value", "day", pl.col("posts").cast(pl.Int64))
    counted = voice_counts(opinions, group, zone)
    frame = observed.join(counted, on=["value", "day"], how="left").with_columns(
        pl.col("mentions", "against", "favor").fill_null(0)
    )
    # A post that was deleted or moved between two readings must not make the part larger than the whole.
    total = pl.max_horizontal("posts", "mentions") if measure == "mentions" else pl.col("mentions")
    return frame.select("value", "day", pl.col(measure).alias("count"), total.alias("total")).sort("value", "day")


def voice_counts(opinions: pl.DataFrame, group: Split, zone: ZoneInfo) -> pl.DataFrame:
    """Voices by group value and local day: value, day, mentions, against, favor; a day without any has no row."""
    return (
        _voices(opinions, group, zone)
        .group_by("value", "day")
        .agg(
            mentions=pl.len().cast(pl.Int64),
            against=pl.col("against").sum().cast(pl.Int64),
            favor=pl.col("favor").sum().cast(pl.Int64),
        )
        .sort("value", "day")
    )


def _voices(opinions: pl.DataFrame, group: Split, zone: ZoneInfo) -> pl.DataFrame:
    """One row for each voice and day: value, day, whether any of its posts is against or in favour."""
    one_post = pl.concat_str(pl.col("source"), pl.lit("\n"), pl.col("native_id"))
    is_person = (pl.col("voice") == "person") & (pl.col("author") != "")
    return (
        opinions.select(
            value=pl.lit("all") if group == "all" else pl.col(group),
            day=pl.col("posted_at").dt.convert_time_zone(zone.key).dt.date(),
            speaker=pl.when(is_person).then(pl.col("author")).otherwise(one_post),
            person=is_person,
            against=pl.col("stance") == "against",
            favor=pl.col("stance") == "favor",
        )
        .group_by("value", "day", "person", "speaker")
        .agg(pl.col("against").any(), pl.col("favor").any())
    )
