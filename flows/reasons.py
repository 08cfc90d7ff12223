"""The posts behind an alert, read and put into words for its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy.engine import Connection

from alerts.explain import window_and_before
from alerts.posts import MOST_POSTS, SCHEMA, describe_posts
from collectors.contacts import mask_contacts
from models.terms import terms
from storage.authors import first_seen, history_begins
from storage.posts import posts_by_key
from storage.records import Alert, Post


def describe(c: Connection, alert: Alert, opinions: pl.DataFrame, zone: ZoneInfo) -> Mapping[str, Any]:
    """What the posts of the alert are like, beside those that the same measure counted in the weeks before."""
    now, before = (_counted(side, alert) for side in window_and_before(alert, opinions, zone))
    keys = {current: _keys(side) for current, side in ((True, now), (False, before))}
    rows = [
        _row(post, current)
        for current, asked in keys.items()
        for post in sorted(posts_by_key(c, asked).values(), key=lambda one: (one.posted_at, one.source, one.native_id))
    ]
    posts = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return describe_posts(posts, first_seen(c, posts["author"]), history_begins(c))


def _counted(opinions: pl.DataFrame, alert: Alert) -> pl.DataFrame:
    return opinions if alert.measure == "mentions" else opinions.filter(pl.col("stance") == alert.measure)


def _keys(opinions: pl.DataFrame) -> list[tuple[str, str]]:
    """The keys of at most `MOST_POSTS` posts, spread evenly over the time."""
    every = -(-opinions.height // MOST_POSTS) or 1
    return list(opinions.sort("posted_at", "source", "native_id").select("source", "native_id")[::every].iter_rows())


def _row(post: Post, current: bool) -> tuple[Any, ...]:
    found = terms(post.text, post.language)
    words, forms = [key for key, _ in found], [form for _, form in found]
    return (
        post.source,
        post.native_id,
        post.author,
        post.posted_at,
        mask_contacts(post.text),
        words,
        forms,
        current,
    )
