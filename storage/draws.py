"""Draws: the probability samples that people label, with the design that gives each label its weight."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, fields, replace

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.counters import lock_counter, set_counter
from storage.frames import read_frame
from storage.records import Draw, DrawnPost
from storage.tables import audits, drawn_posts, posts
from storage.tables import draws as table

_FIELDS = tuple(field.name for field in fields(Draw))


def store_draw(c: Connection, draw: Draw, sample: Sequence[DrawnPost]) -> Draw:
    """Store a draw with its posts, or a larger version of one that is there (`draw.id`); gives it back with its id.

    A larger draw must hold every post of the smaller one: their places stay, and the labels that were given take over
    the new inclusion probabilities. ValueError where a post that was drawn before is missing.
    """
    number = draw.id
    if number is None:
        number = lock_counter(c, "draw") + 1
        set_counter(c, "draw", number)
        c.execute(sa.insert(table).values(**_row(replace(draw, id=number))))
    else:
        _check_larger(c, number, sample)
        c.execute(sa.update(table).where(table.c.id == number).values(**_row(draw)))
        c.execute(sa.delete(drawn_posts).where(drawn_posts.c.draw == number))
    stored = [asdict(replace(post, draw=number)) for post in sample]
    if stored:
        c.execute(sa.insert(drawn_posts), stored)
    _renew_probabilities(c, draw.target, stored)
    return replace(draw, id=number)


def draws(c: Connection, target: str | None = None) -> list[Draw]:
    """Every draw, of one target or of all, in the order in which they were made."""
    query = sa.select(*(table.c[name] for name in _FIELDS)).order_by(table.c.id)
    if target is not None:
        query = query.where(table.c.target == target)
    found = [Draw(*row) for row in c.execute(query)]
    return [replace(one, strata={name: (n, drawn) for name, (n, drawn) in one.strata.items()}) for one in found]


def drawn_posts_of(c: Connection, draw: int) -> list[DrawnPost]:
    """The posts of one draw in the order of its queue."""
    names = [field.name for field in fields(DrawnPost)]
    query = sa.select(*(drawn_posts.c[name] for name in names)).where(drawn_posts.c.draw == draw)
    return [DrawnPost(*row) for row in c.execute(query.order_by(drawn_posts.c.place))]


def drawn_frame(
    c: Connection, target: str, *, starts: dt.datetime | None = None, ends: dt.datetime | None = None
) -> pl.DataFrame:
    """The drawn posts of `target` with their text, in the order of draws and queues; deleted posts left out.

    Columns: draw, place, source, native_id, author, posted_at, language, text, stratum, inclusion_probability,
    author_posts, and starts and ends of the draw's window. With `starts` and `ends`, only posts published in between.
    """
    of_post = (posts.c.source == drawn_posts.c.source) & (posts.c.native_id == drawn_posts.c.native_id)
    query = (
        sa.select(
            drawn_posts.c.draw,
            drawn_posts.c.place,
            *(posts.c[name] for name in ("source", "native_id", "author", "posted_at", "language", "text")),
            *(drawn_posts.c[name] for name in ("stratum", "inclusion_probability", "author_posts")),
            table.c.starts,
            table.c.ends,
        )
        .select_from(table.join(drawn_posts, drawn_posts.c.draw == table.c.id).join(posts, of_post))
        .where(table.c.target == target, posts.c.deleted_at.is_(None))
    )
    if starts is not None:
        query = query.where(posts.c.posted_at >= starts)
    if ends is not None:
        query = query.where(posts.c.posted_at < ends)
    return read_frame(c, query).sort("draw", "place")


def _row(draw: Draw) -> dict[str, object]:
    return {name: getattr(draw, name) for name in _FIELDS}


def _check_larger(c: Connection, number: int, sample: Sequence[DrawnPost]) -> None:
    known = {(post.source, post.native_id) for post in drawn_posts_of(c, number)}
    lost = known - {(post.source, post.native_id) for post in sample}
    if lost:
        raise ValueError(f"{len(lost)} posts of draw {number} are missing in its larger version; draw anew instead")


def _renew_probabilities(c: Connection, target: str, rows: list[dict[str, object]]) -> None:
    """Labels that were given blind carry the probability of the sample as it now is."""
    update = (
        sa.update(audits)
        .where(
            audits.c.target == target,
            audits.c.inclusion_probability.is_not(None),
            audits.c.source == sa.bindparam("of"),
            audits.c.native_id == sa.bindparam("id"),
        )
        .values(inclusion_probability=sa.bindparam("chance"))
    )
    values = [{"of": row["source"], "id": row["native_id"], "chance": row["inclusion_probability"]} for row in rows]
    if values:
        c.execute(update, values)
