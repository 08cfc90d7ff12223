"""Shares: the estimates, replaced period by period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import attrgetter

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.bulk import bulk_insert
from storage.frames import read_frame
from storage.keys import chunks
from storage.records import Among, Period, Share, Stance, Voices
from storage.tables import driver_typed
from storage.tables import shares as table

_FIELDS = tuple(field.name for field in fields(Share))
_ORDER = ("target", "model", "by", "starts", "group", "value", "voices", "among", "stance")
_values = attrgetter(*_FIELDS)
_bulk_table = driver_typed(table)


def replace_shares(
    c: Connection, *, target: str, model: str, by: Period, periods: Iterable[str], shares: Sequence[Share]
) -> None:
    """Make `shares` all that is known of these periods of one target, model and width; what was there is removed.

    ValueError where a share is of another target, model, width or period. Readers are told by the cursor of the
    estimate (`storage.cursors`) that all of it is there.
    """
    replaced = list(dict.fromkeys(periods))
    known = set(replaced)
    for share in shares:
        if (share.target, share.model, share.by) != (target, model, by) or share.period not in known:
            raise ValueError(
                f"the share of {share.target} by {share.model} in {share.by} {share.period} is not among those being "
                f"replaced ({target} by {model}, {by}: {len(known)} periods); name its period in `periods`"
            )
    one = (table.c.target == target) & (table.c.model == model) & (table.c.by == by)
    for chunk in chunks(replaced):
        c.execute(sa.delete(table).where(one, table.c.period.in_(chunk)))
    bulk_insert(c, _bulk_table, [dict(zip(_FIELDS, _values(share), strict=True)) for share in shares])


def share_frame(
    c: Connection,
    *,
    target: str | None = None,
    by: Period | None = None,
    group: str | None = None,
    value: str | None = None,
    voices: Voices | None = "people",
    among: Among | None = "opinionated",
    stance: Stance | None = None,
    model: str | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> pl.DataFrame:
    """Shares as a frame with the columns of `Share`; what is None is not asked for, and every value of it comes.

    Ordered by target, model, by, starts, group, value, voices, among, stance. share, low, high are null where
    suppressed. `first`, `last`: only periods that begin on these days or between.
    """
    asked = {
        "target": target,
        "by": by,
        "group": group,
        "value": value,
        "voices": voices,
        "among": among,
        "stance": stance,
        "model": model,
    }
    told = {name: wanted for name, wanted in asked.items() if wanted is not None}
    # What every row has in common is not read with each.
    varying = [name for name in _FIELDS if name not in told]
    query = sa.select(*(table.c[name] for name in varying)).where(*(table.c[name] == told[name] for name in told))
    if first is not None:
        query = query.where(table.c.starts >= first)
    if last is not None:
        query = query.where(table.c.starts <= last)
    same = {name: pl.lit(value, dtype=pl.String) for name, value in told.items()}
    order = [name for name in _ORDER if name in varying]
    return read_frame(c, query).lazy().with_columns(**same).select(_FIELDS).sort(order).collect()


def last_starts(
    c: Connection, count: int, *, first: dt.date | None = None, last: dt.date | None = None, **asked: str
) -> list[dt.date]:
    """The first days of the last `count` periods of a series, the latest first, from `first` to `last`.

    `asked`: target, by, model, group, voices, among, and value where one is wanted, each with what is asked for.
    """
    query = sa.select(table.c.starts).where(*(table.c[name] == wanted for name, wanted in asked.items()))
    if first is not None:
        query = query.where(table.c.starts >= first)
    if last is not None:
        query = query.where(table.c.starts <= last)
    return list(c.execute(query.distinct().order_by(table.c.starts.desc()).limit(count)).scalars())
