"""Disagreements of coders, settled by somebody: the last decision counts, and can be taken back."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.audits import checked_coder, save_adjudications
from storage.errors import NotDrawn
from storage.keys import Key
from storage.records import Adjudication, Stance
from storage.tables import adjudications as table
from storage.tables import drawn_posts, draws


def settle_label(
    c: Connection,
    target: str,
    post: Key,
    label: Stance | None,
    who: str,
    reason: str = "",
    at: dt.datetime | None = None,
) -> Adjudication:
    """Keep which label counts for a drawn post; None: it cannot be decided.

    NotDrawn where the post belongs to no draw of this target, BadCoder for an empty name.
    """
    query = (
        sa.select(drawn_posts.c.source)
        .select_from(draws.join(drawn_posts, drawn_posts.c.draw == draws.c.id))
        .where(draws.c.target == target, drawn_posts.c.source == post[0], drawn_posts.c.native_id == post[1])
    )
    if c.execute(query.limit(1)).scalar() is None:
        raise NotDrawn(f"the post {post[0]}/{post[1]} belongs to no draw for {target}: there is nothing to settle")
    told = Adjudication(*post, target, label, checked_coder(who), at or dt.datetime.now(dt.UTC), reason)
    save_adjudications(c, [told])
    return told


def unsettle_label(c: Connection, target: str, who: str) -> bool:
    """Take back the last decision of somebody about a target; False where there is none."""
    own = (table.c.target == target) & (table.c.decided_by == who)
    query = sa.select(table.c.source, table.c.native_id).where(own)
    last = c.execute(
        query.order_by(table.c.decided_at.desc(), table.c.source, table.c.native_id).limit(1)
    ).one_or_none()
    if last is None:
        return False
    c.execute(sa.delete(table).where(own, table.c.source == last.source, table.c.native_id == last.native_id))
    return True
