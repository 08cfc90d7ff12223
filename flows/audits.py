"""Draws: from which days, of whom, and how a draw grows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl
from sqlalchemy.engine import Connection

from analysis.audits import draw_authors
from analysis.periods import Days, period_bounds, period_days, periods_between
from configs.settings import Settings
from storage.audits import audit_frame
from storage.database import Database
from storage.days import source_spans
from storage.draws import drawn_posts_of, draws, store_draw
from storage.errors import StorageError
from storage.opinions import opinion_frame
from storage.records import Draw, DrawnPost, Period


class AuditError(StorageError):
    """A draw or an import that cannot be done as asked; the message says what to do instead."""


@dataclass(frozen=True, slots=True)
class Window:
    """A named stretch of local days, both ends included, and the UTC instants [starts, ends)."""

    name: str
    starts: dt.datetime
    ends: dt.datetime


@dataclass(frozen=True, slots=True)
class Drawn:
    """A stored draw, how many of its posts are new, and how many left it because the population has changed."""

    draw: Draw
    new: int
    left: int


def audit_windows(
    database: Database,
    settings: Settings,
    *,
    period: str = "",
    first: dt.date | None = None,
    last: dt.date | None = None,
    by: Period | None = None,
) -> list[Window]:
    """The windows to draw from: a named period, or the days from `first` to `last`, cut into periods of width `by`.

    What is left out reaches over all whole days that posts were collected for. AuditError, with what is allowed, for a
    period of another form, days in the wrong order, or a store without posts.
    """
    zone = settings.monitor.zone
    try:
        days = period_days(period) if period else None
    except ValueError as error:
        raise AuditError(str(error)) from None
    if days is None:
        with database.read() as c:
            spans = source_spans(c, zone).values()
        if not spans:
            raise AuditError("there are no posts to draw from; collect some first (pikir import, pikir run)")
        yesterday = dt.datetime.now(zone).date() - dt.timedelta(days=1)
        begin = first or min(start for start, _ in spans)
        days = Days(begin, last or max(begin, min(yesterday, max(end for _, end in spans))))
    if days.last < days.first:
        raise AuditError(f"the days end ({days.last}) before they begin ({days.first}); exchange --from and --to")
    if by is None:
        return [_window(period or f"{days.first}..{days.last}", days, settings)]
    return [_window(name, period_days(name), settings) for name in periods_between(days.first, days.last, by)]


def draw_audit(
    database: Database,
    settings: Settings,
    model: str,
    target: str,
    window: Window,
    n: int,
    seed: int = 0,
    renew: bool = False,
) -> Drawn:
    """Draw `n` authors of a window, or enlarge the draw of the same window and seed to `n`; it never shrinks.

    Where the population has changed since and labelled posts would leave the draw, nothing is done unless `renew`:
    AuditError says how many.
    """
    with database.write() as c:
        known = [
            one for one in draws(c, target) if (one.starts, one.ends, one.seed) == (window.starts, window.ends, seed)
        ]
        old = drawn_posts_of(c, _id(known[0])) if known else []
        opinions = opinion_frame(c, target=target, model=model, starts=window.starts, ends=window.ends)
        try:
            sample = draw_authors(opinions, max(n, len(old)), seed)
        except ValueError as error:
            raise AuditError(f"{target}, {window.name}: {error}") from error
        queue = _queue(old, sample.posts)
        left = {(post.source, post.native_id) for post in old} - {(post.source, post.native_id) for post in queue}
        lost = _labelled(c, target) & left
        if lost and not renew:
            raise AuditError(
                f"{target}, {window.name}: posts have changed since draw {known[0].id}, and {len(lost)} labelled posts "
                "would leave it; give --renew to draw from the posts as they are now, or another --seed for a draw of "
                "its own"
            )
        draw = Draw(
            target=target,
            period=window.name,
            starts=window.starts,
            ends=window.ends,
            model=model,
            seed=seed,
            authors=sample.authors,
            posts=sample.n_posts,
            strata=dict(sample.strata),
            drawn_at=known[0].drawn_at if known else dt.datetime.now(dt.UTC),
            id=known[0].id if known else None,
        )
        stored = store_draw(c, draw, queue)
    return Drawn(stored, len(queue) - len(old) + len(left), len(left))


def _window(name: str, days: Days, settings: Settings) -> Window:
    zone = settings.monitor.zone
    return Window(name, period_bounds(str(days.first), zone)[0], period_bounds(str(days.last), zone)[1])


def _queue(old: Sequence[DrawnPost], sample: pl.DataFrame) -> list[DrawnPost]:
    """The sample as a queue: what was drawn before keeps its order and comes first."""
    places = {(post.source, post.native_id): post.place for post in old}
    rows = [DrawnPost(0, source, native_id, 0, *rest) for source, native_id, *rest in sample.iter_rows()]
    rows.sort(key=lambda post: places.get((post.source, post.native_id), len(places)))
    return [replace(post, place=place) for place, post in enumerate(rows)]


def _labelled(c: Connection, target: str) -> set[tuple[str, str]]:
    done = audit_frame(c, target).filter(
        pl.col("labelled_at").is_not_null(), pl.col("inclusion_probability").is_not_null()
    )
    return set(done.select("source", "native_id").iter_rows())


def _id(draw: Draw) -> int:
    assert draw.id is not None
    return draw.id
