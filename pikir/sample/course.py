"""The course of the year, which the simulation follows: opinion, volume and what is talked about, day by day.

Knots at dates, straight lines between them. The turns are the dates of configs/events.yaml.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

FIRST = dt.date(2022, 1, 3)
LAST = dt.date(2023, 1, 3)
# Posts of the Kazakh group on these days were written but never collected: a gap that coverage has to show.
GAP = (dt.date(2022, 5, 10), dt.date(2022, 5, 15))

Knots = tuple[tuple[str, float], ...]

# Share against among the people who have a stance, weighted by how often they write.
AGAINST: dict[str, Knots] = {
    "migrants": (
        ("2022-01-03", 0.20),
        ("2022-02-24", 0.20),
        ("2022-03-28", 0.25),
        ("2022-06-30", 0.27),
        ("2022-07-08", 0.40),
        ("2022-09-20", 0.42),
        ("2022-09-23", 0.30),
        ("2022-10-03", 0.31),
        ("2022-10-31", 0.42),
        ("2022-12-14", 0.45),
        ("2022-12-19", 0.50),
        ("2023-01-03", 0.50),
    ),
    "russia": (
        ("2022-01-03", 0.40),
        ("2022-02-23", 0.40),
        ("2022-02-25", 0.60),
        ("2022-06-01", 0.60),
        ("2022-09-20", 0.63),
        ("2022-09-23", 0.68),
        ("2022-11-01", 0.65),
        ("2023-01-03", 0.63),
    ),
}
# Posts a day as a multiple of a quiet day's: three times for the ten days after the mobilisation.
VOLUME: Knots = (
    ("2022-01-03", 1.0),
    ("2022-02-23", 1.0),
    ("2022-02-24", 2.0),
    ("2022-03-06", 1.6),
    ("2022-03-20", 1.0),
    ("2022-06-30", 0.95),
    ("2022-07-04", 1.3),
    ("2022-07-20", 1.1),
    ("2022-08-15", 0.95),
    ("2022-09-20", 1.0),
    ("2022-09-21", 3.0),
    ("2022-09-30", 3.0),
    ("2022-10-04", 1.5),
    ("2022-10-20", 1.0),
    ("2022-12-14", 1.0),
    ("2022-12-15", 1.35),
    ("2022-12-25", 1.0),
    ("2023-01-03", 0.9),
)
# The chance that a post is about the target.
TOPIC: dict[str, Knots] = {
    "migrants": (
        ("2022-01-03", 0.27),
        ("2022-02-24", 0.25),
        ("2022-03-10", 0.29),
        ("2022-06-30", 0.27),
        ("2022-07-04", 0.38),
        ("2022-08-15", 0.29),
        ("2022-09-20", 0.28),
        ("2022-09-22", 0.46),
        ("2022-10-10", 0.34),
        ("2022-12-14", 0.28),
        ("2022-12-16", 0.40),
        ("2023-01-03", 0.30),
    ),
    "russia": (
        ("2022-01-03", 0.30),
        ("2022-02-01", 0.24),
        ("2022-02-23", 0.26),
        ("2022-02-24", 0.50),
        ("2022-03-20", 0.34),
        ("2022-07-04", 0.26),
        ("2022-09-20", 0.26),
        ("2022-09-21", 0.38),
        ("2022-10-10", 0.30),
        ("2023-01-03", 0.26),
    ),
}


@cache
def at(knots: Knots, day: dt.date) -> float:
    """The value on `day`: on the line between the knots around it, and that of the end knot beyond them."""
    before = knots[0]
    for knot in knots:
        date = dt.date.fromisoformat(knot[0])
        if day <= date:
            since = dt.date.fromisoformat(before[0])
            span = (date - since).days
            part = (day - since).days / span if span else 0.0
            return before[1] + part * (knot[1] - before[1])
        before = knot
    return before[1]


def iso_week(day: dt.date) -> str:
    """The ISO week that a day falls in, as periods are named: 2022-W03."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
