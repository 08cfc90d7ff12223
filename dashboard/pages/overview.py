"""Overview: for each target the latest share, its change, open alerts, and how complete the data are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from analysis.change import probability_of_rise
from dashboard.access.visitor import visitor
from dashboard.rendering import render
from dashboard.selection import Selection, series
from dashboard.state import State, state_of
from storage.alerts import alerts
from storage.coverage import coverage_frame
from storage.currency import last_run
from storage.records import STANCES
from storage.users import User

router = APIRouter()
_SPARK_WEEKS = 26


@dataclass(frozen=True, slots=True)
class Figure:
    """One stance in the latest whole week. `change` and `p_rise` are against the last whole week before it."""

    stance: str
    share: float | None
    low: float | None
    high: float | None
    change: float | None
    p_rise: float | None
    spark: str
    posts: str


@dataclass(frozen=True, slots=True)
class Card:
    """One target: its latest whole week, who wrote, and its figures."""

    target: str
    title: dict[str, str]
    period: str
    n_authors: int
    n_posts: int
    method: str
    figures: tuple[Figure, ...]
    trends: str


@router.get("/", response_class=HTMLResponse)
def overview(request: Request, who: Annotated[User, Depends(visitor)]) -> Response:
    """The page on which everything begins."""
    state = state_of(request)
    model, version = state.current()
    cards = state.kept(("overview", version), lambda: _cards(state, model))
    with state.read() as c:
        open_alerts = alerts(c, "open")
        coverage = coverage_frame(c)
        run = last_run(c)
    empty = coverage.filter(pl.col("status") == "empty").height
    return render(
        request,
        "overview.html",
        user=who,
        page="overview",
        cards=cards,
        alerts=sorted(open_alerts, key=lambda one: one.window, reverse=True)[:6],
        n_alerts=len(open_alerts),
        n_sources=coverage["source"].n_unique(),
        complete=1 - empty / coverage.height if coverage.height else None,
        run=run.updated_at if run else None,
    )


def _cards(state: State, model: str) -> list[Card]:
    with state.read() as c:
        found = [(target, series(c, Selection(target.id), model)) for target in state.settings.targets]
    confidence = state.settings.monitor.estimate.confidence
    return [_card(target.id, dict(target.title), frame, confidence) for target, frame in found]


def _card(target: str, title: dict[str, str], frame: pl.DataFrame, confidence: float) -> Card:
    whole = frame.filter(pl.col("complete"), pl.col("share").is_not_null())
    now = whole.filter(pl.col("starts") == pl.col("starts").max())
    period = now["period"][0] if now.height else ""
    chosen = Selection(target)
    figures = []
    for stance in STANCES:
        own = whole.filter(pl.col("stance") == stance).sort("starts")
        if own.height:
            figures.append(_figure(stance, own, confidence, chosen.posts_address(period, "", stance)))
    first: dict[str, Any] = now.row(0, named=True) if now.height else {"n_authors": 0, "n_posts": 0, "method": ""}
    return Card(
        target, title, period, first["n_authors"], first["n_posts"], first["method"], tuple(figures),
        chosen.address("/trends", target=target),
    )  # fmt: skip


def _figure(stance: str, own: pl.DataFrame, confidence: float, posts: str) -> Figure:
    last = own.row(-1, named=True)
    change = rise = None
    if own.height > 1:
        before = own.row(-2, named=True)
        change = last["share"] - before["share"]
        now, then = ((row["share"], row["low"], row["high"]) for row in (last, before))
        rise = probability_of_rise(now, then, confidence)
    spark = _spark(own["share"].tail(_SPARK_WEEKS).to_list())
    return Figure(stance, last["share"], last["low"], last["high"], change, rise, spark, posts)


def _spark(shares: list[float]) -> str:
    """The points of a small line, 120 wide and 30 high, over shares from 0 to 1."""
    step = 120 / max(len(shares) - 1, 1)
    return " ".join(f"{step * place:.1f},{30 - 28 * share - 1:.1f}" for place, share in enumerate(shares))
