"""Labels reach an estimate with the right chance: whole draws, parts of them, longer windows, several draws."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from audit_frames import DAY, MONDAY, answered, author_mean, draw_record, drawn_rows, population

from analysis.audits import draw_authors, labels_needed, period_labels, planned_power
from analysis.shares import estimate

WEEK = 7 * DAY


def hajek(labels: pl.DataFrame, opinions: pl.DataFrame, *, by_post: bool = False) -> float:
    """The mean over authors of `against`, by the weights that labels carry."""
    weights = 1 / labels["inclusion_probability"].to_numpy()
    if by_post:
        counts = opinions.with_columns(posts=pl.len().over("author"), post_id=pl.lit("forum/") + pl.col("native_id"))
        weights = weights / labels.join(counts, on="post_id", maintain_order="left")["posts"].to_numpy()
    return float(weights @ (labels["label"] == "against").to_numpy() / weights.sum())


def test_a_whole_draw_of_the_period_keeps_its_probabilities() -> None:
    opinions = population(100)
    sample = draw_authors(opinions, 40)
    told = period_labels(
        opinions, [draw_record(sample)], drawn_rows(opinions, sample), answered(opinions, drawn_rows(opinions, sample))
    )
    assert told.reason == ""
    assert (1 / told.labels["inclusion_probability"]).sum() == pytest.approx(100)
    chances = dict(sample.posts.select(pl.lit("forum/") + pl.col("native_id"), "inclusion_probability").iter_rows())
    assert dict(told.labels.select("post_id", "inclusion_probability").iter_rows()) == pytest.approx(chances)
    used = estimate(opinions.with_columns(post_id=pl.lit("forum/") + pl.col("native_id")), told.labels)
    assert (used.method, used.n_labels) == ("ppi++", 40)


def test_a_partly_labelled_draw_is_a_smaller_draw() -> None:
    opinions = population(100)
    sample = draw_authors(opinions, 60)
    done = drawn_rows(opinions, sample).head(30)
    told = period_labels(opinions, [draw_record(sample)], drawn_rows(opinions, sample), answered(opinions, done))
    assert told.labels.height == 30
    assert (1 / told.labels["inclusion_probability"]).sum() == pytest.approx(100)


def test_a_draw_without_labels_of_a_large_stratum_stands_for_nobody_yet() -> None:
    opinions = population(100)
    sample = draw_authors(opinions, 60)
    done = drawn_rows(opinions, sample).filter(pl.col("stratum") != "neutral")
    told = period_labels(opinions, [draw_record(sample)], drawn_rows(opinions, sample), answered(opinions, done))
    assert told.labels.is_empty()
    assert "no final label yet among the posts that the model reads as neutral" in told.reason


def test_a_draw_of_other_days_does_not_stand_for_the_period() -> None:
    opinions = population(100, days=14)
    first = opinions.filter(pl.col("posted_at") < MONDAY + WEEK)
    sample = draw_authors(first, 30)
    told = period_labels(
        opinions, [draw_record(sample)], drawn_rows(opinions, sample), answered(opinions, drawn_rows(opinions, sample))
    )
    assert told.labels.is_empty()
    assert "of the period's posts" in told.reason
    nothing = period_labels(
        opinions, [], drawn_rows(opinions, sample).clear(), answered(opinions, drawn_rows(opinions, sample))
    )
    assert nothing.reason == "no drawn post has a final label"


@pytest.mark.parametrize("design", ["longer", "parts", "overlapping"])
def test_other_designs_are_unbiased_too(design: str) -> None:
    """A week out of a draw of a month; a fortnight out of two weekly draws; two draws that overlap."""
    opinions = population(60, days=14, seed=2)
    first = opinions.filter(pl.col("posted_at") < MONDAY + WEEK)
    second = opinions.filter(pl.col("posted_at") >= MONDAY + WEEK)
    period = first if design == "longer" else opinions
    errors = []
    for seed in range(250):
        if design == "longer":
            parts = [(draw_authors(opinions, 30, seed), MONDAY, 14)]
        elif design == "parts":
            parts = [(draw_authors(first, 15, seed), MONDAY, 7), (draw_authors(second, 15, seed), MONDAY + WEEK, 7)]
        else:
            parts = [(draw_authors(opinions, 20, seed), MONDAY, 14), (draw_authors(first, 15, seed + 999), MONDAY, 7)]
        draws = [draw_record(sample, id, starts, days) for id, (sample, starts, days) in enumerate(parts)]
        drawn = pl.concat([drawn_rows(opinions, sample, id) for id, (sample, _, _) in enumerate(parts)])
        told = period_labels(period, draws, drawn, answered(opinions, drawn))
        assert told.reason == ""
        stood_for = (1 / told.labels["inclusion_probability"]).sum()
        by_post = abs(np.log(stood_for / period["author"].n_unique())) > abs(np.log(stood_for / period.height))
        errors.append(hajek(told.labels, period, by_post=bool(by_post)) - author_mean(period, "against"))
    error = float(np.std(errors, ddof=1) / np.sqrt(len(errors)))
    assert abs(np.mean(errors)) < 3.5 * error + 0.005, "a ratio estimate has a bias of the order 1/n"


def test_the_labels_that_are_needed_bring_the_width() -> None:
    """From 80 labels the width at the number asked for is foretold within a fifth, on average over draws."""
    opinions = population(2_000, seed=3).with_columns(post_id=pl.lit("forum/") + pl.col("native_id"))
    ratios = []
    for seed in range(12):
        small = draw_authors(opinions, 80, seed)
        labels = period_labels(
            opinions, [draw_record(small)], drawn_rows(opinions, small), answered(opinions, drawn_rows(opinions, small))
        ).labels
        told = estimate(opinions, labels)
        power = labels_needed(labels, told.shares["against"], told.n_authors, 0.12, among="opinionated")
        assert power.needed is not None
        large = draw_authors(opinions, power.needed, seed)
        more = period_labels(
            opinions, [draw_record(large)], drawn_rows(opinions, large), answered(opinions, drawn_rows(opinions, large))
        ).labels
        share = estimate(opinions, more).shares["against"]
        ratios.append((share.high - share.low) / 0.12)  # type: ignore[operator]
    assert np.mean(ratios) == pytest.approx(1, abs=0.2)


def test_a_width_below_what_the_authors_allow_is_refused_with_the_reason() -> None:
    opinions = population(60).with_columns(post_id=pl.lit("forum/") + pl.col("native_id"))
    sample = draw_authors(opinions, 30)
    labels = period_labels(
        opinions, [draw_record(sample)], drawn_rows(opinions, sample), answered(opinions, drawn_rows(opinions, sample))
    ).labels
    share = estimate(opinions, labels).shares["against"]
    power = labels_needed(labels, share, 60, 0.01, among="opinionated")
    assert power.needed is None
    assert "60 authors leave an interval of" in power.reason
    assert labels_needed(labels, share, 60, 0.9, among="opinionated").needed == 30
    with pytest.raises(ValueError, match="width=8: give a fraction"):
        labels_needed(labels, share, 60, 8, among="opinionated")


def test_a_plan_before_there_are_labels() -> None:
    means = population(1_000).select("p_against", "p_neutral", "p_favor").to_numpy()
    narrow = planned_power(means, 1_000, 0.1, among="opinionated", confidence=0.95)
    wide = planned_power(means, 1_000, 0.2, among="opinionated", confidence=0.95)
    assert narrow.basis == wide.basis == "model"
    assert wide.needed < narrow.needed  # type: ignore[operator]
    hopeless = planned_power(means[:50], 50, 0.05, among="opinionated", confidence=0.95)
    assert hopeless.needed is None
    assert hopeless.floor > 0.05
