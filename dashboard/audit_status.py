"""How far the audits are: labels done, agreement, the interval that they give, and how many more would narrow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy.engine import Connection

from analysis.audits import (
    Agreement,
    Power,
    final_labels,
    krippendorff_alpha,
    labels_needed,
    period_labels,
    planned_power,
)
from analysis.cells import cells, of_voices
from analysis.shares import estimate
from configs.settings import Settings
from storage.audits import adjudication_frame, audit_frame
from storage.draws import drawn_frame, draws
from storage.opinions import opinion_frame
from storage.records import Among, Draw

_FEWEST = 20
_KEY = ("source", "native_id")


@dataclass(frozen=True, slots=True)
class AuditStatus:
    """One draw. `labelled`: posts that somebody answered; `final`: with a final label; `disagreed`: to be settled.

    `share`, `low`, `high`, `width`: the share against in the draw's window with its interval, of `method`. `needed`:
    labels in all for the wanted width, `more`: how many of them are missing, both None where no number of labels gives
    it or nothing can be said; `note` then says why. `basis`: labels, or model (a plan from the model's probabilities).
    """

    draw: Draw
    drawn: int
    labelled: int
    final: int
    disagreed: int
    undecided: int
    coders: int
    agreement: Agreement
    share: float | None
    low: float | None
    high: float | None
    width: float | None
    method: str
    needed: int | None
    more: int | None
    basis: str
    note: str


def audit_status(
    c: Connection, settings: Settings, model: str, target: str, *, width: float, among: Among = "opinionated"
) -> list[AuditStatus]:
    """The state of every draw of one target, in the order in which they were made. `width` is a fraction."""
    final = _final(c, target)
    drawn = drawn_frame(c, target)
    answers = _answers(c, target)
    return [_status(c, settings, model, draw, width, among, final, drawn, answers) for draw in draws(c, target)]


def disagreements(c: Connection, target: str, with_text: bool = True) -> pl.DataFrame:
    """Drawn posts whose coders disagree and that nobody has settled: draw, source, native_id, state, votes, text."""
    open_ = _final(c, target).filter(pl.col("state").is_in(["disagreed", "undecided"]))
    posts = drawn_frame(c, target).unique(_KEY, keep="first", maintain_order=True)
    joined = posts.join(open_.select(*_KEY, "state", "votes"), on=_KEY, how="inner", maintain_order="left")
    return joined.select("draw", *_KEY, "state", "votes", *(["text"] if with_text else []))


def _final(c: Connection, target: str) -> pl.DataFrame:
    return final_labels(audit_frame(c, target), adjudication_frame(c, target))


def _answers(c: Connection, target: str) -> pl.DataFrame:
    """What coders said blind: source, native_id, coder, label."""
    given = audit_frame(c, target).filter(
        pl.col("labelled_at").is_not_null(), pl.col("inclusion_probability").is_not_null()
    )
    return given.select(*_KEY, "coder", "label")


def _status(
    c: Connection,
    settings: Settings,
    model: str,
    draw: Draw,
    width: float,
    among: Among,
    final: pl.DataFrame,
    drawn: pl.DataFrame,
    answers: pl.DataFrame,
) -> AuditStatus:
    posts = drawn.filter(pl.col("draw") == draw.id)
    own = final.join(posts.select(_KEY), on=_KEY, how="semi")
    said = answers.join(posts.select(_KEY), on=_KEY, how="semi")
    estimator = settings.monitor.estimate
    agreement = krippendorff_alpha(
        said.select(pl.concat_str("source", pl.lit("/"), "native_id").alias("unit"), "coder", "label"),
        confidence=estimator.confidence,
        draws=estimator.draws,
        seed=estimator.seed,
    )
    states = dict(own.group_by("state").len().iter_rows())
    figures = _figures(c, settings, model, draw, width, among, own, posts)
    return AuditStatus(
        draw=draw,
        drawn=posts.height,
        labelled=said.select(_KEY).unique().height,
        final=own["label"].drop_nulls().len(),
        disagreed=states.get("disagreed", 0),
        undecided=states.get("undecided", 0),
        coders=said["coder"].n_unique(),
        agreement=agreement,
        **figures,
    )


def _figures(
    c: Connection,
    settings: Settings,
    model: str,
    draw: Draw,
    width: float,
    among: Among,
    final: pl.DataFrame,
    drawn: pl.DataFrame,
) -> dict[str, Any]:
    """The interval as it is, and the labels that the wanted one takes."""
    empty: dict[str, Any] = dict.fromkeys(("share", "low", "high", "width", "needed", "more"))
    empty |= {"method": "", "basis": "", "note": ""}
    opinions = opinion_frame(c, target=draw.target, model=model, starts=draw.starts, ends=draw.ends)
    people = of_voices(opinions, "people")
    if people.height == 0:
        return empty | {"note": "the current model reads no opinion in this window; run pikir annotate"}
    labels = period_labels(opinions, [draw], drawn, final)
    estimator = settings.monitor.estimate
    told = estimate(
        people.with_columns(pl.concat_str("source", pl.lit("/"), "native_id").alias("post_id")),
        labels.labels if labels.labels.height else None,
        among=among,
        confidence=estimator.confidence,
        seed=estimator.seed,
        draws=estimator.draws,
    )
    share = told.shares["against"]
    if share.share is None or share.low is None or share.high is None:
        return empty | {"method": told.method, "note": told.reason or labels.reason}
    power = (
        labels_needed(labels.labels, share, told.n_authors, width, among=among)
        if told.method == "ppi++" and told.n_labels >= _FEWEST and share.standard_error
        else _planned(opinions, settings, width, among)
    )
    more = None if power.needed is None else max(0, power.needed - told.n_labels)
    return empty | {
        "share": share.share,
        "low": share.low,
        "high": share.high,
        "width": share.high - share.low,
        "method": told.method,
        "needed": power.needed,
        "more": more,
        "basis": power.basis,
        "note": power.reason or labels.reason or told.reason,
    }


def _planned(opinions: pl.DataFrame, settings: Settings, width: float, among: Among) -> Power:
    """From the model's probabilities of every author in the window."""
    monitor = settings.monitor
    whole = opinions.with_columns(posted_at=pl.col("posted_at").min())
    cell = next(iter(cells(whole, by="day", zone=monitor.zone, group="all", voices="people")))
    confidence = monitor.estimate.confidence
    return planned_power(cell.means, cell.n_authors, width, among=among, confidence=confidence)
