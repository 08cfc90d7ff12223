"""Verify: whether everything in the database that must hold does, with what to do where it does not."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from collectors.contacts import mask_contacts
from configs.settings import Settings
from flows.estimate import is_up_to_date
from flows.share_periods import Stored, estimate_stored
from models.annotator import open_annotator
from storage import checks
from storage.coverage import coverage_frame
from storage.cursors import read_cursor
from storage.database import Database
from storage.days import source_days, source_spans
from storage.posts import latest_revision
from storage.records import Share
from storage.retention import count_texts
from storage.shares import share_frame

_GRACE_DAYS = 2
_SAMPLE = 24
_FIGURES = ("share", "low", "high", "n_posts", "n_authors", "n_eff")
_RESTORE = "restore a backup: pikir restore FILE"
_REPORT = "nothing is lost; please report this with the output of pikir verify"

State = Literal["ok", "breach", "not checked"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check found. `remedy` says what to do, "" where there is nothing to do."""

    check: str
    state: State
    found: str
    remedy: str = ""


_CHECKS: tuple[tuple[str, Callable[[Connection], Iterator[str]], str, str], ...] = (
    ("schema", checks.schema, "the schema of this program", "make setup, then pikir doctor"),
    ("file", checks.engine, "the file is whole", _RESTORE),
    ("references", checks.references, "every opinion, label and drawn post has its post", _RESTORE),
    ("keys", checks.keys, "no key is there twice", _RESTORE),
    ("counters", checks.counters, "no number beyond its counter", _RESTORE),
    ("cursors", checks.positions, "no cursor is ahead of the data", "pikir verify after pikir run; else " + _RESTORE),
    (
        "opinions",
        checks.readings,
        "probabilities sum to 1",
        "pikir models drop MODEL, then pikir run",
    ),
    ("intervals", checks.intervals, "every share lies in its interval", _REPORT),
    ("full-text index", checks.words, "every text is found, and nothing else", "pikir restore of a new pikir backup"),
    ("set aside", checks.aside, "every record set aside has place and reason", _REPORT),
    ("messages", checks.sent, "each message has one end", _REPORT),
    ("forgotten", checks.returned, "nothing forgotten is there", "pikir forget again with the same posts and authors"),
    ("authors", checks.raw_authors, "authors are pseudonyms", "pikir forget what is named there, and import it again"),
    (
        "contact data",
        lambda c: checks.contact_data(c, mask_contacts),
        "no contact data in texts",
        "pikir forget these posts, and import them again",
    ),
)


def verify(database: Database, settings: Settings, *, everything: bool = False) -> list[Verdict]:
    """One verdict a check, in a fixed order. `everything`: all stored periods are estimated anew, not a sample."""
    verdicts = []
    for name, check, well, remedy in _CHECKS:
        if name == "contact data" and not settings.monitor.privacy.mask_contacts:
            verdicts.append(Verdict(name, "not checked", "mask_contacts is off in monitor.yaml"))
            continue
        verdicts.append(_judged(name, well, remedy, lambda c, check=check: list(check(c)), database))  # type: ignore[misc]
    verdicts.append(
        _judged("retention", "no text is kept too long", "pikir run", lambda c: _kept(c, settings), database)
    )
    verdicts.append(_coverage(database, settings))
    verdicts.append(_shares(database, settings, everything))
    return verdicts


def _judged(name: str, well: str, remedy: str, check: Callable[[Connection], list[str]], database: Database) -> Verdict:
    try:
        with database.read() as c:
            found = check(c)
    except sa.exc.DatabaseError as error:
        return Verdict(name, "breach", f"cannot be read: {str(error.orig).strip()}", _RESTORE)
    return Verdict(name, "breach", "; ".join(found), remedy) if found else Verdict(name, "ok", well)


def _kept(c: Connection, settings: Settings) -> list[str]:
    days = settings.monitor.retention_days
    if days is None:
        return []
    late = count_texts(c, dt.datetime.now(dt.UTC) - dt.timedelta(days=days + _GRACE_DAYS))
    return [f"{late} texts are older than the {days} days of retention_days"] if late else []


def _coverage(database: Database, settings: Settings) -> Verdict:
    """Whether coverage counts the posts that are there."""
    with database.read() as c:
        if int(read_cursor(c, "coverage") or 0) < latest_revision(c):
            return Verdict("coverage", "not checked", "posts came that were not counted yet", "pikir run")
        frame = coverage_frame(c)
        spans = source_spans(c, settings.monitor.zone).values()
        there = {}
        if spans:
            first, last = min(one for one, _ in spans), max(one for _, one in spans)
            there = source_days(c, settings.monitor.zone, first, last)
    told = {(source, day): n for source, day, n in frame.select("source", "day", "posts").iter_rows() if n}
    wrong = sum(told.get(place) != there.get(place) for place in told.keys() | there.keys())
    if wrong:
        return Verdict("coverage", "breach", f"{wrong} days have other numbers of posts than coverage says", _REPORT)
    return Verdict("coverage", "ok", f"{len(told)} days hold as many posts as coverage says")


def _shares(database: Database, settings: Settings, everything: bool) -> Verdict:
    """Whether the configured model's shares are what its opinions give, for a sample of periods or all."""
    model = open_annotator(settings).version
    with database.read() as c:
        stored = share_frame(c, model=model, voices=None, among=None)
    if stored.is_empty():
        return Verdict("shares", "not checked", f"{model} has none", "pikir run")
    if not is_up_to_date(database, settings, model):
        return Verdict("shares", "not checked", "posts or labels came that are not estimated yet", "pikir estimate")
    targets = [target.id for target in settings.targets]
    cells = [
        Stored(*row)
        for row in stored.select("target", "by", "period").unique().sort("target", "by", "period").iter_rows()
        if row[0] in targets and row[1] in settings.monitor.estimate.periods
    ]
    chosen = cells if everything else sorted(random.Random(0).sample(cells, min(_SAMPLE, len(cells))))
    wrong = [
        f"{cell.target} {cell.period}"
        for cell, anew in estimate_stored(database, settings, model, chosen)
        if not _same(stored, cell, anew)
    ]
    told = f"{len(chosen)} of {len(cells)} periods"
    if wrong:
        found = f"{len(wrong)} of {told} recompute to other numbers: {', '.join(wrong[:5])}"
        return Verdict("shares", "breach", found, "pikir estimate --again")
    return Verdict("shares", "ok", f"{told} recompute to what is stored")


def _same(stored: pl.DataFrame, cell: Stored, anew: list[Share]) -> bool:
    names = ("group", "value", "voices", "among", "stance")
    mine = (pl.col("target") == cell.target) & (pl.col("by") == cell.by) & (pl.col("period") == cell.period)
    there = {tuple(row[name] for name in names): row for row in stored.filter(mine).iter_rows(named=True)}
    now = {tuple(getattr(share, name) for name in names): share for share in anew}
    if there.keys() != now.keys():
        return False
    return all(_close(there[key][name], getattr(share, name)) for key, share in now.items() for name in _FIGURES)


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
