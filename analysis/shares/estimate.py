"""The share of people who take each stance, from posts whose stance a classifier read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

import polars as pl

from analysis.shares.audit import Audited, audited
from analysis.shares.authors import Authors, gather, read_labels, read_posts
from analysis.shares.bootstrap import Resampling
from analysis.shares.classify_and_count import classify_and_count
from analysis.shares.diagnostics import (
    design_effect,
    effective_authors,
    near_duplicate_share,
    top_author_share,
)
from analysis.shares.emq import Prior, emq
from analysis.shares.interval import StanceShare
from analysis.shares.ppi import ppi
from analysis.shares.probabilistic_count import probabilistic_count
from storage.records import Among, Stance

METHODS = ("auto", "pcc", "ppi++", "emq", "cc")
_MIN_LABELLED_AUTHORS = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """Shares by stance with what stands beside them.

    `n_posts`, `n_authors`, `n_labels`: what was used. `n_eff`: effective number of authors of the
    share against; `deff`: n_authors / n_eff. `top_author_share`: part of the posts by the busiest 1%
    of authors; `near_duplicate_share`: part of the posts that repeat an earlier text (None without a
    column text_digest). `set_aside`: rows left out, by reason. `reason`: why there is no number, or
    why labels were not used; "" otherwise.
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
    set_aside: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""


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
) -> Estimate:
    """Estimate the share of people against, neutral and in favour; an author counts once.

    `posts`: post_id, author, p_against, p_neutral, p_favor and, if there is one, text_digest; a post
    without an author is an author of its own. `labels`: post_id, label, inclusion_probability.
    `method`: "ppi++" (needs labels), "pcc", "emq" (needs `prior`), "cc" (baseline), or "auto": ppi++
    where there are labels of two authors or more, else pcc. `among`: "all" who mention the target or
    those who are "opinionated"; neutral has no share among the latter. Rows that cannot be used are
    counted in `set_aside`. ValueError for missing columns, unknown options, or when nothing is usable.

    The share is that of the population of authors like these, at an author's random post; the
    interval holds `confidence` of the time if the method's assumptions hold (docs/methods/shares.md).
    """
    if method not in METHODS:
        raise ValueError(f"method={method!r}: allowed are {', '.join(METHODS)}")
    if among not in get_args(Among):
        raise ValueError(f"among={among!r}: allowed are opinionated and all")
    resampling = Resampling(confidence, draws, seed)
    usable, aside = read_posts(posts)
    authors = gather(usable)
    audit, aside, reason = _audit(authors, labels, aside, method)
    chosen = ("pcc" if audit is None else "ppi++") if method == "auto" else method
    shares = _shares(chosen, authors, audit, among, resampling, prior)
    if shares["against"].share is None:
        reason = f"insufficient: {authors.size} author(s), too few who express a stance"
    n_eff = effective_authors(shares["against"], authors.size)
    return Estimate(
        shares=shares,
        n_posts=len(authors.ids),
        n_authors=authors.size,
        n_labels=0 if audit is None else len(audit.author),
        n_eff=n_eff,
        deff=None if n_eff is None else design_effect(n_eff, authors.size),
        method=chosen,
        among=among,
        confidence=confidence,
        top_author_share=top_author_share(authors.counts),
        near_duplicate_share=near_duplicate_share(usable["text_digest"]) if "text_digest" in usable.columns else None,
        set_aside=aside,
        reason=reason,
    )


def _audit(
    authors: Authors, labels: pl.DataFrame | None, aside: dict[str, int], method: str
) -> tuple[Audited | None, dict[str, int], str]:
    """Labels beside the authors where they are used, what was set aside, and why they were not used."""
    if labels is None or method not in ("auto", "ppi++"):
        if method == "ppi++":
            raise ValueError("method='ppi++' needs labels; without them use pcc, or emq with a prior")
        return None, aside, ""
    good, more = read_labels(labels, authors.ids)
    audit = audited(authors, good) if good.height else None
    if audit is None or audit.n_clusters < _MIN_LABELLED_AUTHORS:
        told = "; ".join(f"{count}: {why}" for why, count in more.items()) or "no rows"
        reason = (
            f"labels of {0 if audit is None else audit.n_clusters} author(s) are too few for ppi++ (set aside: {told})"
        )
        if method == "ppi++":
            raise ValueError(reason)
        return None, {**aside, **more}, reason
    return audit, {**aside, **more}, ""


def _shares(
    method: str, authors: Authors, audit: Audited | None, among: Among, resampling: Resampling, prior: Prior | None
) -> dict[Stance, StanceShare]:
    if method == "ppi++" and audit is not None:
        return ppi(audit, among, resampling)
    if method == "emq":
        if prior is None:
            raise ValueError("method='emq' needs prior: the shares in the data that the classifier was calibrated on")
        return emq(authors, prior, among, resampling)
    if method == "cc":
        return classify_and_count(authors, among, resampling)
    return probabilistic_count(authors.means, among, resampling)
