"""Posts by local day, counted in the database without loading a text.

Every time zone has been a whole number of quarter hours off UTC since 1972, so posts are counted by
quarter hour there and the quarter hours are put into days here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.tables import moves, posts, sources

Group = Literal["all", "source", "language", "region"]

_QUARTER = 900_000_000
# Whole quarters added before dividing, so that times before 1970 are rounded down as well, not toward zero.
_SHIFT = 10**8


def day_starts(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The instant at which the local day begins, in UTC."""
    return dt.datetime.combine(day, dt.time.min, zone).astimezone(dt.UTC)


def posts_days_between(c: Connection, after_revision: int, up_to_revision: int, zone: ZoneInfo) -> set[dt.date]:
    """The local days whose posts appeared, changed, moved or were deleted in (after_revision, up_to_revision].

    A post whose time changed counts for the day it left as well as for the day it came to.
    """
    days: set[dt.date] = set()
    for table in (posts, moves):
        between = (table.c.revision > after_revision) & (table.c.revision <= up_to_revision)
        quarter = _quarter(table.c.posted_at)
        found = c.execute(sa.select(quarter).where(between).distinct()).scalars()
        days.update(_local_days(list(found), zone))
    return days


def day_totals(
    c: Connection,
    zone: ZoneInfo,
    starts: dt.date,
    ends: dt.date,
    group: Group = "all",
    without: Collection[str] = (),
) -> pl.DataFrame:
    """How many posts were published on each local day from `starts` to `ends`, both included.

    Columns: day, value (the group's value; "all" for the group all), people and outlets (posts by the voice that
    speaks), posts (both). Deleted posts and those of the sources `without` are left out; a day or value without posts
    has no row. Ordered by day, value.
    """
    return _totals(_voice_quarters(c, zone, starts, ends, group, without).with_columns(_day(zone)), "day")


def hour_totals(
    c: Connection,
    zone: ZoneInfo,
    starts: dt.date,
    ends: dt.date,
    group: Group = "all",
    without: Collection[str] = (),
) -> pl.DataFrame:
    """As `day_totals`, by hour of UTC: the column `time` is the instant at which the hour begins."""
    hour = _instant().dt.truncate("1h").alias("time")
    return _totals(_voice_quarters(c, zone, starts, ends, group, without).with_columns(hour), "time")


def _totals(counted: pl.DataFrame, step: str) -> pl.DataFrame:
    return (
        counted.group_by(step, "value")
        .agg(
            people=pl.col("posts").filter(pl.col("voice") == "person").sum(),
            outlets=pl.col("posts").filter(pl.col("voice") == "outlet").sum(),
            posts=pl.col("posts").sum(),
        )
        .sort(step, "value")
    )


def _voice_quarters(
    c: Connection, zone: ZoneInfo, starts: dt.date, ends: dt.date, group: Group, without: Collection[str]
) -> pl.DataFrame:
    """Posts by quarter hour, value and voice."""
    value = {
        "all": sa.literal("all"),
        "source": posts.c.source,
        "language": posts.c.language,
        "region": sa.func.coalesce(sources.c.region, ""),
    }[group]
    query = (
        sa.select(_quarter(posts.c.posted_at), value.label("value"), posts.c.voice, sa.func.count())
        .select_from(posts.join(sources, sources.c.source == posts.c.source, isouter=True))
        .where(within(posts.c.posted_at, starts, ends, zone), posts.c.deleted_at.is_(None))
        .where(posts.c.source.not_in(sorted(without)) if without else sa.true())
        .group_by(sa.literal_column("1"), sa.literal_column("2"), posts.c.voice)
    )
    return _counted(c, query, ["value", "voice"])


def source_days(c: Connection, zone: ZoneInfo, starts: dt.date, ends: dt.date) -> dict[tuple[str, dt.date], int]:
    """Posts collected by source and local day from `starts` to `ends`, both included; deleted posts count too."""
    query = (
        sa.select(_quarter(posts.c.posted_at), posts.c.source, sa.func.count())
        .where(within(posts.c.posted_at, starts, ends, zone))
        .group_by(sa.literal_column("1"), posts.c.source)
    )
    counted = (
        _counted(c, query, ["source"]).with_columns(_day(zone)).group_by("source", "day").agg(pl.col("posts").sum())
    )
    return {(source, day): n for source, day, n in counted.select("source", "day", "posts").iter_rows()}


def source_spans(c: Connection, zone: ZoneInfo) -> dict[str, tuple[dt.date, dt.date]]:
    """The local days of the first and of the last post of each source, deleted posts included."""
    # From one source to the next and to the ends of each: a look into the index for every source, not for every post.
    names = sa.select(sa.func.min(posts.c.source).label("source")).cte("names", recursive=True)
    following = sa.select(sa.func.min(posts.c.source)).where(posts.c.source > names.c.source).scalar_subquery()
    names = names.union_all(sa.select(following).where(names.c.source.is_not(None)))
    ends = [
        sa.select(end(posts.c.posted_at)).where(posts.c.source == names.c.source).scalar_subquery()
        for end in (sa.func.min, sa.func.max)
    ]
    return {
        source: (first.astimezone(zone).date(), last.astimezone(zone).date())
        for source, first, last in c.execute(sa.select(names.c.source, *ends).where(names.c.source.is_not(None)))
    }


def within(column: sa.Column[Any], starts: dt.date, ends: dt.date, zone: ZoneInfo) -> sa.ColumnElement[bool]:
    """Whether an instant lies in the local days from `starts` to `ends`, both included."""
    return (column >= day_starts(starts, zone)) & (column < day_starts(ends + dt.timedelta(days=1), zone))


def _quarter(column: sa.Column[Any]) -> sa.ColumnElement[int]:
    microseconds = sa.type_coerce(column, sa.BigInteger)
    # Written out, not bound: PostgreSQL must see the same expression in SELECT and in GROUP BY.
    return (microseconds + sa.literal_column(str(_SHIFT * _QUARTER), sa.BigInteger)) // sa.literal_column(
        str(_QUARTER), sa.BigInteger
    )


def _counted(c: Connection, query: sa.Select[Any], names: list[str]) -> pl.DataFrame:
    schema = {"quarter": pl.Int64(), **dict.fromkeys(names, pl.String()), "posts": pl.Int64()}
    return pl.DataFrame([tuple(row) for row in c.execute(query)], schema=schema, orient="row")


def _local_days(quarters: list[int], zone: ZoneInfo) -> list[dt.date]:
    return (
        pl.DataFrame({"quarter": quarters}, schema={"quarter": pl.Int64()}).select(_day(zone))["day"].unique().to_list()
    )


def _day(zone: ZoneInfo) -> pl.Expr:
    return _instant().dt.convert_time_zone(zone.key).dt.date().alias("day")


def _instant() -> pl.Expr:
    return ((pl.col("quarter") - _SHIFT) * _QUARTER).cast(pl.Datetime("us", "UTC"))
