"""Retention: the raw text of old posts goes, the numbers stay."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.tables import posts


def purge_texts(c: Connection, before: dt.datetime) -> int:
    """Empties the text of every post published before this instant; returns how many had one.

    Opinions, shares and counts stay. The posts get no revision: there is nothing new to read in them.
    """
    old = (posts.c.posted_at < before) & (posts.c.text != "")
    return c.execute(sa.update(posts).where(old).values(text="")).rowcount
