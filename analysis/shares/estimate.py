"""The share of people who take each stance, from posts whose stance a classifier read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

import polars as pl

from analysis.shares.assumptions import ASSUMPTIONS, METHODS
from analysis.shares.audit import Audited, audited
from analysis.shares.authors import Authors, gather, read_labels, read_posts
from analysis.shares.bootstrap import Resampling
from analysis.shares.calibration_sample import CalibrationSample, fit, read_calibration
from analysis.shares.checks import EVEN, Model, cross_checks
from analysis.shares.classify_and_count import classify_and_count
from analysis.shares.diagnostics import (
    design_effect,
    effective_authors,
    near_duplicate_share,
    top_author_share,
)
from analysis.shares.drift import Drift
from analysis.shares.emq import Prior, emq
from analysis.shares.interval import StanceShare
from analysis.shares.ppi import ppi
from analysis.shares.probabilistic_count import insufficient, probabilistic_count
from storage.records import Among, Stance

_MIN_LABELLED_AUTHORS = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """Shares by stance with what stands beside them.

    `n_posts`, `n_authors`, `n_labels`: what was used. `n_eff`: effective number of authors of the
    share against; `deff`: n_authors / n_eff. `top_author_share`: part of the posts by the busiest 1%
    of authors; `near_duplicate_share`: part of the posts that repeat an earlier text (None without a
    column text_digest). `checks`: the share against by the other methods that the same input allows.
    `drift`: labels against model, where there are both. `set_aside`: rows left out, by reason.
    `reason`: why there is no number, why labels were not used, or what had to be assumed; "" otherwise.
    """

    shares: Mapping[Stance, StanceShare]
    n_posts: int
    n_authors: int
    n_labels: int
    n_eff: float | None
    deff: float | None
    method: str
    among: Among
    confidence: float
    top_author_share: float
    near_duplicate_share: float | None
    checks: Mapping[str, float] = field(default_factory=dict)
    drift: Drift | None = None
    set_aside: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""

    @property
    def assumption(self) -> str:
        """What the method takes for granted."""
        return ASSUMPTIONS[self.method]


def estimate(
    posts: pl.DataFrame,
    labels: pl.DataFrame | None = None,
    *,
    method: str = "auto",
    among: Among = "opinionated",
    confidence: float = 0.95,
    seed: int = 0,
    draws: int = 1000,
    prior: Prior | None = None,
    calibration: pl.DataFrame | None = None,
    weights: pl.DataFrame | None = None,
) -> Estimate:
    """Estimate the share of people against, neutral and in favour; an author counts once.

    `posts`: post_id, author, p_against, p_neutral, p_favor and, if there are, text_digest and weight; a
    post without an author is an author of its own. `labels`: post_id, label, inclusion_probability and, if
    there is, author_posts. `calibration`: label, p_against, p_neutral, p_favor of posts labelled elsewhere,
    and, if there are, author and inclusion_probability; `prior` in its place where only the shares of the
    stances in the calibration data are known. `weights`: author, weight (what each author stands for).

    `method`: "ppi++" (needs labels); "emq" (calibrated on `calibration`, or on `labels`, or taken as
    calibrated under `prior`, or under even shares); "pcc"; "cc" (baseline); or "auto": ppi++ where there are
    labels of two authors or more, else emq where there is `calibration` or `prior`, else pcc. `among`: "all"
    who mention the target or those who are "opinionated"; neutral has no share among the latter. Rows that
    cannot be used are counted in `set_aside`. ValueError for missing columns, unknown options, or when
    nothing is usable.

    The share is that of the population of authors like these, at an author's random post; the
    interval holds `confidence` of the time if the method's assumptions hold (docs/methods/shares.md).
    """
    if method not in METHODS:
        raise ValueError(f"method={method!r}: allowed are {', '.join(METHODS)}")
    if among not in get_args(Among):
        raise ValueError(f"among={among!r}: allowed are opinionated and all")
    resampling = Resampling(confidence, draws, seed)
    usable, aside = read_posts(posts, weights)
    authors = gather(usable)
    audit, more, reason = _audit(authors, labels, method)
    model, own, note = _model(prior, calibration, audit, method)
    chosen = _chosen(method, audit, model)
    drift = None if audit is None or own else model.drift(audit, among)
    shares = _shares(chosen, authors, audit, model, among, resampling)
    reason = reason or (note if chosen == "emq" else "")
    alarm = drift is not None and drift.alarm
    if drift is not None and alarm:
        reason = f"drift alarm: {drift}; {drift.model} is withheld"
        if chosen == "emq":
            shares = insufficient(among)
    elif shares["against"].share is None:
        reason = f"insufficient: {authors.size} author(s), too few who express a stance"
    n_eff = effective_authors(shares["against"], authors.size)
    return Estimate(
        shares=shares,
        n_posts=len(authors.ids),
        n_authors=authors.size,
        n_labels=_labels_used(chosen, audit, model),
        n_eff=n_eff,
        deff=None if n_eff is None else design_effect(n_eff, authors.size),
        method=chosen,
        among=among,
        confidence=confidence,
        top_author_share=top_author_share(authors.counts),
        near_duplicate_share=near_duplicate_share(usable["text_digest"]) if "text_digest" in usable.columns else None,
        checks=cross_checks(authors, audit, model, among, leave_out={chosen, drift.model if alarm and drift else ""}),
        drift=drift,
        set_aside={**aside, **more},
        reason=reason,
    )


def _audit(authors: Authors, labels: pl.DataFrame | None, method: str) -> tuple[Audited | None, dict[str, int], str]:
    """Labels beside the authors where they are used, what was set aside, and why they were not used."""
    if labels is None:
        if method == "ppi++":
            raise ValueError("method='ppi++' needs labels; without them use emq with a calibration, or pcc")
        return None, {}, ""
    good, more = read_labels(labels, authors.ids)
    audit = audited(authors, good) if good.height else None
    if audit is None or audit.n_clusters < _MIN_LABELLED_AUTHORS:
        told = "; ".join(f"{count}: {why}" for why, count in more.items()) or "no rows"
        reason = (
            f"labels of {0 if audit is None else audit.n_clusters} author(s) are too few for ppi++ (set aside: {told})"
        )
        if method == "ppi++":
            raise ValueError(reason)
        return None, more, reason
    return audit, more, ""


def _model(
    prior: Prior | None, calibration: pl.DataFrame | None, audit: Audited | None, method: str
) -> tuple[Model, bool, str]:
    """What the model alone rests on, whether that is the audit itself, and what had to be assumed."""
    if calibration is not None:
        sample = read_calibration(calibration)
        return Model(fit(sample), sample), False, ""
    if prior is not None:
        return Model(prior.likelihood()), False, ""
    if method != "emq":
        return Model(), False, ""
    if audit is not None:
        sample = CalibrationSample.of(audit)
        return Model(fit(sample), sample), True, ""
    return (
        Model(EVEN.likelihood()),
        False,
        "emq without calibration or prior: even shares of the stances are assumed in it",
    )


def _chosen(method: str, audit: Audited | None, model: Model) -> str:
    if method != "auto":
        return method
    if audit is not None:
        return "ppi++"
    return model.method


def _labels_used(method: str, audit: Audited | None, model: Model) -> int:
    if method == "ppi++" and audit is not None:
        return int(audit.place.size)
    return model.sample.size if method == "emq" and model.sample is not None else 0


def _shares(
    method: str, authors: Authors, audit: Audited | None, model: Model, among: Among, resampling: Resampling
) -> dict[Stance, StanceShare]:
    if method == "ppi++" and audit is not None:
        return ppi(audit, among, resampling)
    if method == "emq" and model.likelihood is not None:
        return emq(authors, model.likelihood, among, resampling)
    if method == "cc":
        return classify_and_count(authors, among, resampling)
    return probabilistic_count(authors.means, among, resampling, authors.weights)
