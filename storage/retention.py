"""Retention: the raw text of old posts goes, the numbers stay; what was deleted is quoted nowhere."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.alerts import alerts, explain_further
from storage.dialects import compact_words, erase_freed
from storage.posts import posts_by_key
from storage.tables import posts


def count_texts(c: Connection, before: dt.datetime) -> int:
    """How many posts published before this instant have a text: what `purge_texts` would empty."""
    return int(c.execute(sa.select(sa.func.count()).select_from(posts).where(_old(before))).scalar_one())


def purge_texts(c: Connection, before: dt.datetime) -> int:
    """Empties the text of every post published before this instant; returns how many had one.

    Opinions, shares and counts stay; the words leave the full-text index. The posts get no revision: there is nothing
    new to read in them. The same text stays away when it is met again; an edited one comes back until the next purge.
    """
    erase_freed(c)
    purged = c.execute(sa.update(posts).where(_old(before)).values(text="")).rowcount
    if purged:
        compact_words(c)
    return purged


def forget_quotes(c: Connection) -> int:
    """Takes out of every alert's explanation the posts that were deleted or purged since; returns how many it quoted.

    Words and numbers of the explanation stay: they are of many posts. What was sent before cannot be called back.
    """
    forgotten = 0
    for alert in alerts(c, kind="opinion"):
        quoted = alert.explanation.get("typical_posts") or []
        if not quoted:
            continue
        there = posts_by_key(c, [(one["source"], one["native_id"]) for one in quoted])
        live = {key for key, post in there.items() if post.text and not post.deleted_at}
        kept = [one for one in quoted if (one["source"], one["native_id"]) in live]
        if len(kept) < len(quoted) and alert.id is not None:
            explain_further(c, alert.id, {"typical_posts": kept})
            forgotten += len(quoted) - len(kept)
    return forgotten


def _old(before: dt.datetime) -> sa.ColumnElement[bool]:
    return (posts.c.posted_at < before) & (posts.c.text != "")
