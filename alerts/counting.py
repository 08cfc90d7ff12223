"""Opinions to the counts that rules watch, by local day, ISO week or hour.

The unit is a voice a step: a person counts once a day (week, hour) however much they write, so that one account
cannot raise an alarm by flooding; each post of an outlet, and each post without an author, counts.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from alerts.windows import Step

Measure = Literal["mentions", "against", "favor"]
Group = Literal["all", "source", "language", "region"]
Split = Group | Literal["narrative"]


def daily_counts(
    opinions: pl.DataFrame, totals: pl.DataFrame, *, measure: Measure, group: Group, zone: ZoneInfo
) -> pl.DataFrame:
    """Daily counts of one measure: as `step_counts`, with the column day in place of time."""
    counts = step_counts(opinions, totals.rename({"day": "time"}), measure=measure, group=group, zone=zone, step="day")
    return counts.rename({"time": "day"})


def step_counts(
    opinions: pl.DataFrame, totals: pl.DataFrame, *, measure: Measure, group: Group, zone: ZoneInfo, step: Step
) -> pl.DataFrame:
    """Counts of one measure: columns value, time, count, total, ordered so; one row for each step with posts.

    `opinions` are those of one target (as `storage.opinions.opinion_frame` gives them), `totals` the posts of all kinds
    (columns time, value, posts: `storage.days.day_totals` or `hour_totals` of the same group; of days for a week).
    `time` is the local day, the Monday of the ISO week, or the hour as an instant in UTC. For mentions, `count` is the
    voices that mention the target and `total` the posts in all: the offset that keeps a busier day, or a new source,
    from looking like interest. For against and favor, `count` is the voices with that stance in any post of the step
    and `total` those that mention the target. A step without any post has no row: nothing was observed.
    """
    begins = pl.col("time").dt.truncate("1w") if step == "week" else pl.col("time")
    observed = totals.group_by("value", begins).agg(pl.col("posts").cast(pl.Int64).sum())
    counted = voice_counts(opinions, group, zone, step)
    frame = observed.join(counted, on=["value", "time"], how="left").with_columns(
        pl.col("mentions", "against", "favor").fill_null(0)
    )
    # A post that was deleted or moved between two readings must not make the part larger than the whole.
    total = pl.max_horizontal("posts", "mentions") if measure == "mentions" else pl.col("mentions")
    return frame.select("value", "time", pl.col(measure).alias("count"), total.alias("total")).sort("value", "time")


def complete_steps(counts: pl.DataFrame, step: Step, last_day: dt.date, zone: ZoneInfo) -> pl.DataFrame:
    """The rows of steps that lie wholly in local days up to `last_day`; a first week that began before is left out."""
    if step == "hour":
        return counts.filter(pl.col("time").dt.convert_time_zone(zone.key).dt.date() <= last_day)
    if step == "day":
        return counts.filter(pl.col("time") <= last_day)
    return counts.filter(pl.col("time") + pl.duration(days=6) <= last_day)


def voice_counts(opinions: pl.DataFrame, group: Split, zone: ZoneInfo, step: Step = "day") -> pl.DataFrame:
    """Voices by group value and step: value, time, mentions, against, favor; a step without any has no row."""
    return (
        _voices(opinions, group, zone, step)
        .group_by("value", "time")
        .agg(
            mentions=pl.len().cast(pl.Int64),
            against=pl.col("against").sum().cast(pl.Int64),
            favor=pl.col("favor").sum().cast(pl.Int64),
        )
        .sort("value", "time")
    )


def _voices(opinions: pl.DataFrame, group: Split, zone: ZoneInfo, step: Step) -> pl.DataFrame:
    """One row for each voice and step: value, time, whether any of its posts is against or in favour."""
    one_post = pl.concat_str(pl.col("source"), pl.lit("\n"), pl.col("native_id"))
    is_person = (pl.col("voice") == "person") & (pl.col("author") != "")
    day = pl.col("posted_at").dt.convert_time_zone(zone.key).dt.date()
    times = {"hour": pl.col("posted_at").dt.truncate("1h"), "day": day, "week": day.dt.truncate("1w")}
    return (
        opinions.select(
            value=pl.lit("all") if group == "all" else pl.col(group),
            time=times[step],
            speaker=pl.when(is_person).then(pl.col("author")).otherwise(one_post),
            person=is_person,
            against=pl.col("stance") == "against",
            favor=pl.col("stance") == "favor",
        )
        .group_by("value", "time", "person", "speaker")
        .agg(pl.col("against").any(), pl.col("favor").any())
    )
