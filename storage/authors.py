"""Authors by when they were first seen: whether an account is new to what was collected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.tables import posts

_MOST_AT_ONCE = 5_000


def first_seen(c: Connection, authors: Iterable[str]) -> dict[str, dt.datetime]:
    """When the first collected post of each author was published, in any source; deleted posts count too.

    An author without posts is left out. It says nothing about when the account was made.
    """
    names = sorted({author for author in authors if author})
    found: dict[str, dt.datetime] = {}
    for start in range(0, len(names), _MOST_AT_ONCE):
        query = (
            sa.select(posts.c.author, sa.func.min(posts.c.posted_at, type_=posts.c.posted_at.type))
            .where(posts.c.author.in_(names[start : start + _MOST_AT_ONCE]))
            .group_by(posts.c.author)
        )
        found.update((author, at) for author, at in c.execute(query))
    return found


def history_begins(c: Connection) -> dt.datetime | None:
    """When the first collected post of all was published; None where there is none."""
    found: dt.datetime | None = c.execute(sa.select(sa.func.min(posts.c.posted_at))).scalar()
    return found
