"""The truth: shares of people by week, from the labels that the texts were written with."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pikir.sample.course import LAST, iso_week
from pikir.sample.pool import TARGETS
from storage.records import STANCES

HEADER = ("week", "target", "among", "stance", "share", "n_authors", "n_posts")
_PLACES = 4


@dataclass(frozen=True, slots=True)
class Labelled:
    """A person's post that mentions `target` in an ISO week, and the stance that it takes. `author`: who, uniquely."""

    week: str
    target: str
    author: str
    stance: str


def weekly_truth(labelled: Iterable[Labelled]) -> list[dict[str, str | float | int]]:
    """The rows of truth.csv, for whole weeks.

    Each author counts once, as the mean of their posts' labels. Among "all" who mention the target: the mean over
    authors; among "opinionated": the part of what is against or in favour.
    """
    cells: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in labelled:
        cells[one.week, one.target][one.author].append(one.stance)
    partial = iso_week(LAST)
    return [
        {"week": week, "target": target, **row}
        for target in TARGETS
        for week in sorted({week for week, _ in cells})
        if week != partial and (week, target) in cells
        for row in _rows(cells[week, target])
    ]


def _rows(stances: Mapping[str, list[str]]) -> Iterator[dict[str, str | float | int]]:
    counts = {"n_authors": len(stances), "n_posts": sum(map(len, stances.values()))}
    sums = {stance: sum(told.count(stance) / len(told) for told in stances.values()) for stance in STANCES}
    sides = sums["against"] + sums["favor"]
    for stance in ("against", "favor"):
        if sides:
            yield {"among": "opinionated", "stance": stance, "share": round(sums[stance] / sides, _PLACES), **counts}
    for stance in STANCES:
        yield {"among": "all", "stance": stance, "share": round(sums[stance] / len(stances), _PLACES), **counts}


def as_csv(rows: Iterable[Mapping[str, str | float | int]]) -> bytes:
    """The rows as CSV."""
    out = io.StringIO(newline="")
    table = csv.DictWriter(out, HEADER, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return out.getvalue().encode()
