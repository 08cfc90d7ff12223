"""Shares of one period weighted to the configured margins, beside the unweighted ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from analysis.cells import unit
from analysis.evidence import COVERED, Evidence, inside
from analysis.periods import period_bounds
from analysis.shares import Estimate, estimate
from analysis.shares.weighting import Margin, Raked, rake
from configs.settings import Settings
from flows.labels import read_evidence, read_labels
from storage.database import Database
from storage.opinions import opinion_frame
from storage.records import Among
from storage.sources import sources


@dataclass(frozen=True, slots=True)
class Weighted:
    """Both estimates of one period. `weighted` is None where raking was refused: `raked.reason` says why."""

    period: str
    unweighted: Estimate
    weighted: Estimate | None
    raked: Raked


def weigh(
    database: Database, settings: Settings, model: str, target: str, period: str, among: Among = "opinionated"
) -> Weighted:
    """The share of people in a day, week or month, raked to `weighting.yaml` and not, by the best method that labels
    allow, as in every series.

    The design effect of the weights is in `raked`; the intervals contain it, since authors are resampled with their
    weights. ValueError for a period that cannot be read, one with fewer authors than the monitor may tell of, and one
    whose labels are elsewhere and disagree with the model.
    """
    starts, ends = period_bounds(period, settings.monitor.zone)
    with database.read() as c:
        opinions = opinion_frame(c, target=target, model=model, starts=starts, ends=ends)
        kinds = {source.source: (source.kind, source.region) for source in sources(c)}
        labels = read_labels(c, target, model)
    # A post that names nobody is a person of its own, as in every other share of people.
    people = opinions.filter(pl.col("voice") == "person").with_columns(author=unit("people", "all"))
    authors = _authors(people, kinds)
    least = max(settings.monitor.privacy.min_authors, 1)
    if authors.height < least:
        raise ValueError(f"{target}, {period}: {authors.height} people wrote; fewer than {least} are not told of")
    form = next(one for one in settings.targets if one.id == target)
    evidence = read_evidence(database, settings, form, model, labels)
    posts = people.with_columns(post_id=pl.concat_str("source", pl.lit("/"), "native_id"))
    own, calibration = _labels(evidence, posts, labels)
    if own is None and evidence.withheld(starts.astimezone(settings.monitor.zone).date()):
        raise ValueError(
            f"{target}, {period}: labels disagree with the model (drift alarm): label posts of this period"
        )
    margins = [
        Margin(one.of, {name: part / 100 for name, part in one.shares.items()}) for one in settings.weighting.margins
    ]
    raked = rake(authors, margins, settings.weighting.trim)
    chosen = settings.monitor.estimate
    options = {"among": among, "confidence": chosen.confidence, "seed": chosen.seed, "draws": chosen.draws}
    plain = estimate(posts, own, calibration=calibration, **options)  # type: ignore[arg-type]
    if raked.weights is None:
        return Weighted(period, plain, None, raked)
    weights = pl.DataFrame({"author": authors["author"], "weight": raked.weights})
    weighted = estimate(posts, own, calibration=calibration, weights=weights, **options)  # type: ignore[arg-type]
    return Weighted(period, plain, weighted, raked)


def _labels(
    evidence: Evidence, posts: pl.DataFrame, labels: pl.DataFrame
) -> tuple[pl.DataFrame | None, pl.DataFrame | None]:
    """The labels that stand for the people of these posts; else those that tell how the model reads, if enough do."""
    if evidence.empty:
        return None, None
    if posts.select(inside(evidence.windows).mean()).item() >= COVERED:
        own = evidence.labels.join(posts.select("post_id"), on="post_id", how="semi")
        if not own.is_empty():
            return own, None
    return None, labels if evidence.model.sample is not None else None


def _authors(people: pl.DataFrame, kinds: Mapping[str, tuple[str, str]]) -> pl.DataFrame:
    """One row an author: author, language (of most of his posts), region and kind of the source of most of them."""
    known = people.select(
        "author",
        pl.col("language").fill_null(""),
        kind=pl.col("source").replace_strict({k: v[0] for k, v in kinds.items()}, default=""),
        region=pl.col("source").replace_strict({k: v[1] for k, v in kinds.items()}, default=""),
    )
    # Of values equally often the first in the alphabet, so that equal data give equal weights.
    return (
        known.group_by("author")
        .agg(
            pl.col(name).drop_nulls().sort().mode(maintain_order=True).first()
            for name in ("language", "region", "kind")
        )
        .sort("author")
    )
