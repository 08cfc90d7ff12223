"""Opinions: what each post expresses toward each target, as one model reads it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import fields

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.bulk import bulk_insert
from storage.frames import read_frame
from storage.keys import Key, as_keys, conditions
from storage.records import Opinion
from storage.tables import driver_typed, posts, sources
from storage.tables import opinions as table
from storage.types import storable, to_json

_FIELDS = tuple(field.name for field in fields(Opinion))
_bulk_table = driver_typed(table)


def replace_opinions(c: Connection, posts: Iterable[Key], model: str, opinions: Sequence[Opinion]) -> None:
    """Make `opinions` all that `model` says of these posts; what it said of them before is removed.

    ValueError where an opinion is of another model or of a post that is not among `posts`. A post that is not stored
    raises the database's IntegrityError.
    """
    keys = as_keys(posts)
    known = set(keys)
    for opinion in opinions:
        if opinion.model != model or (opinion.source, opinion.native_id) not in known:
            raise ValueError(
                f"the opinion of {opinion.model!r} on {opinion.source}/{opinion.native_id} is not one of {model!r} "
                "on the posts being replaced; give its post in `posts` and its model in `model`"
            )
    for condition in conditions(table, keys):
        c.execute(sa.delete(table).where(condition, table.c.model == model))
    bulk_insert(c, _bulk_table, [_row(opinion) for opinion in opinions])


def opinions_of(c: Connection, source: str, native_id: str) -> list[Opinion]:
    """What every model says of one post, by model and target."""
    columns = [table.c[name] for name in _FIELDS]
    rows = c.execute(sa.select(*columns).where(table.c.source == source, table.c.native_id == native_id))
    return sorted((Opinion(*row) for row in rows), key=lambda opinion: (opinion.model, opinion.target))


def opinion_frame(c: Connection, *, target: str, model: str, starts: dt.datetime, ends: dt.datetime) -> pl.DataFrame:
    """Opinions of `model` on `target` in posts with starts <= posted_at < ends, one row a post; deleted posts left out.

    Columns: source, native_id, author, voice, posted_at (UTC), language, region, kind, text_digest, p_against,
    p_neutral, p_favor, stance, narratives (list of names). region and kind are "" where the source is not described.
    Ordered by posted_at, source, native_id.
    """
    query = (
        sa.select(
            *(posts.c[name] for name in ("source", "native_id", "author", "voice", "posted_at", "language")),
            sa.func.coalesce(sources.c.region, "").label("region"),
            sa.func.coalesce(sources.c.kind, "").label("kind"),
            posts.c.text_digest,
            *(table.c[name] for name in ("p_against", "p_neutral", "p_favor", "stance", "narratives")),
        )
        .select_from(
            posts.join(table, (table.c.source == posts.c.source) & (table.c.native_id == posts.c.native_id)).join(
                sources, sources.c.source == posts.c.source, isouter=True
            )
        )
        .where(table.c.target == target, table.c.model == model)
        .where(posts.c.posted_at >= starts, posts.c.posted_at < ends, posts.c.deleted_at.is_(None))
    )
    return read_frame(c, query).sort("posted_at", "source", "native_id")


def opinions_on(c: Connection, target: str, model: str, keys: Iterable[Key]) -> pl.DataFrame:
    """What `model` reads in these posts about `target`; deleted posts, and posts it says nothing of, left out.

    Columns: source, native_id, posted_at (UTC), p_against, p_neutral, p_favor. Ordered by source, native_id.
    """
    names = ("p_against", "p_neutral", "p_favor")
    query = (
        sa.select(table.c.source, table.c.native_id, posts.c.posted_at, *(table.c[name] for name in names))
        .select_from(posts.join(table, (table.c.source == posts.c.source) & (table.c.native_id == posts.c.native_id)))
        .where(table.c.target == target, table.c.model == model, posts.c.deleted_at.is_(None))
    )
    frames = [read_frame(c, query.where(condition)) for condition in conditions(table, as_keys(keys))]
    if not frames:
        return read_frame(c, query.where(sa.false()))
    return pl.concat(frames).sort("source", "native_id")


def count_opinions(c: Connection, model: str | None = None) -> dict[str, dict[str, int]]:
    """How many posts express each stance toward each target: {target: {stance: posts}}; deleted posts left out."""
    query = (
        sa.select(table.c.target, table.c.stance, sa.func.count())
        .join(posts, (table.c.source == posts.c.source) & (table.c.native_id == posts.c.native_id))
        .where(posts.c.deleted_at.is_(None))
        .group_by(table.c.target, table.c.stance)
    )
    if model is not None:
        query = query.where(table.c.model == model)
    counts: dict[str, dict[str, int]] = {}
    for target, stance, n in sorted(tuple(row) for row in c.execute(query)):
        counts.setdefault(target, {})[stance] = n
    return counts


def _row(opinion: Opinion) -> dict[str, object]:
    row = {name: getattr(opinion, name) for name in _FIELDS}
    return {**row, "surface": storable(opinion.surface), "narratives": to_json(opinion.narratives)}
