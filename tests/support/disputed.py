"""A draw of four posts that two coders labelled: two posts alike, two differently."""

from __future__ import annotations

import datetime as dt

from storage.audits import save_label
from storage.database import Database
from storage.draws import store_draw
from storage.records import Draw, DrawnPost

NOON = dt.datetime(2022, 10, 5, 12, tzinfo=dt.UTC)
WEEK = (dt.datetime(2022, 10, 2, 18, tzinfo=dt.UTC), dt.datetime(2022, 10, 9, 18, tzinfo=dt.UTC))


def draw_four(database: Database, model: str) -> None:
    """The posts "0" to "3" of the source trial, drawn about migrants; nobody has labelled them yet."""
    draw = Draw("migrants", "2022-W40", *WEEK, model, 0, 4, 4, {"against": (4, 4)}, NOON)
    with database.write() as c:
        store_draw(c, draw, [DrawnPost(0, "trial", str(n), n, "against", 1.0, 1) for n in range(4)])


def disagree(database: Database) -> None:
    """aigerim says against of all, bolat in favour of the last two."""
    with database.write() as c:
        for n in range(4):
            post = ("trial", str(n))
            save_label(c, "migrants", post, "aigerim", "against")
            save_label(c, "migrants", post, "bolat", "against" if n < 2 else "favor")
