"""What a user of analysis.shares relies on: the estimand, honest intervals, and nothing bad lost silently."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from share_frames import SURE, crowd, posts, share

from analysis.shares import estimate
from analysis.shares.diagnostics import effective_sample_size, near_duplicate_share
from analysis.shares.emq import Prior
from analysis.simulation import Population, coverage, draw_labels, simulate


def test_an_author_counts_once_however_much_he_writes() -> None:
    loud = [("loud", SURE["against"])] * 98
    told = estimate(posts(*loud, ("quiet", SURE["favor"]), ("calm", SURE["favor"])))
    assert share(told) == pytest.approx(1 / 3)
    assert (told.n_posts, told.n_authors) == (100, 3)
    assert told.top_author_share == pytest.approx(0.98)


@pytest.mark.parametrize("nobody", ["", None, "  "])
def test_posts_without_an_author_are_authors_of_their_own(nobody: str | None) -> None:
    told = estimate(posts((nobody, SURE["against"]), (nobody, SURE["against"]), (nobody, SURE["favor"])))
    assert told.n_authors == 3
    assert share(told) == pytest.approx(2 / 3)


def test_the_opinionated_are_a_ratio_and_all_are_a_mean() -> None:
    frame = posts(("a", (0.6, 0.2, 0.2)), ("b", (0.2, 0.8, 0.0)), ("c", (0.1, 0.5, 0.4)))
    opinionated, everyone = estimate(frame), estimate(frame, among="all")
    assert share(opinionated) == pytest.approx(0.9 / 1.5)
    assert "neutral" not in opinionated.shares
    assert [share(everyone, stance) for stance in SURE] == pytest.approx([0.3, 0.5, 0.2])
    assert share(opinionated) + share(opinionated, "favor") == pytest.approx(1)


@pytest.mark.parametrize("method", ["pcc", "cc"])
@pytest.mark.parametrize("n", [2, 12, 300])
def test_unanimous_authors_still_have_an_interval(method: str, n: int) -> None:
    told = estimate(posts(*((f"a{k}", SURE["against"]) for k in range(n))), method=method).shares["against"]
    assert told.share == 1
    assert told.low is not None
    assert 1 - 4 / n - 0.2 < told.low < 1
    assert told.high == 1


def test_too_few_to_tell_is_no_number() -> None:
    single = estimate(posts(("a", SURE["against"]), ("a", SURE["favor"])))
    neutral = estimate(posts(*((f"a{k}", SURE["neutral"]) for k in range(50))))
    for told in (single, neutral):
        assert told.shares["against"].share is None
        assert told.shares["against"].low is None
        assert told.n_eff is None
        assert "insufficient" in told.reason


def test_the_order_of_rows_changes_nothing_and_the_seed_does() -> None:
    frame = crowd()
    told = estimate(frame)
    assert estimate(frame[::-1]) == told
    other = estimate(frame, seed=1).shares["against"]
    assert other.share == told.shares["against"].share
    assert other.low != told.shares["against"].low


def test_a_wider_confidence_is_a_wider_interval() -> None:
    frame = crowd()
    low, high = (estimate(frame, confidence=c).shares["against"] for c in (0.5, 0.99))
    assert high.low < low.low < low.high < high.high  # type: ignore[operator]


def test_labels_correct_a_biased_classifier() -> None:
    population = Population(n_authors=2000, wording=1.5)
    rng = np.random.default_rng(3)
    frame = simulate(population, rng)
    labels = draw_labels(frame, 400, rng)
    biased, corrected = estimate(frame), estimate(frame, labels)
    assert corrected.method == "ppi++"
    assert corrected.n_labels == 400
    assert abs(share(biased) - population.truth("opinionated")) > 0.1
    inside = corrected.shares["against"]
    assert inside.low < population.truth("opinionated") < inside.high  # type: ignore[operator]


@pytest.mark.parametrize("among", ["all", "opinionated"])
def test_labelling_everybody_gives_the_labels_themselves(among: str) -> None:
    frame = crowd(300).unique("author", maintain_order=True)
    labels = frame.select("post_id", "label", inclusion_probability=pl.lit(1.0))
    told = estimate(frame, labels, among=among)  # type: ignore[arg-type]
    hard = frame.with_columns(**{f"p_{name}": (pl.col("label") == name).cast(pl.Float64) for name in SURE})
    assert share(told) == pytest.approx(share(estimate(hard, among=among)))  # type: ignore[arg-type]


def test_inclusion_probabilities_of_posts_and_of_authors_mean_the_same() -> None:
    frame = crowd(800, seed=5)
    by_author = draw_labels(frame, 200, np.random.default_rng(6))
    sizes = frame.group_by("author").len().join(frame.select("post_id", "author"), on="author")
    by_post = by_author.join(sizes, on="post_id").with_columns(pl.col("inclusion_probability") / pl.col("len"))
    assert share(estimate(frame, by_post)) == pytest.approx(share(estimate(frame, by_author)))


def test_emq_takes_out_a_prior_shift() -> None:
    population = Population(n_authors=4000, prevalence=(0.15, 0.5, 0.35), trained_on=(0.4, 0.3, 0.3))
    frame = simulate(population, np.random.default_rng(8))
    naive = estimate(frame, among="all")
    told = estimate(frame, among="all", method="emq", prior=Prior((0.4, 0.3, 0.3)))
    assert abs(share(naive) - 0.15) > 0.04
    assert abs(share(told) - 0.15) < 0.02
    rough = estimate(frame, among="all", method="emq", prior=Prior((0.4, 0.3, 0.3), n=100)).shares["against"]
    sure = told.shares["against"]
    assert rough.high - rough.low > sure.high - sure.low  # type: ignore[operator]


def test_emq_leaves_calibrated_probabilities_alone() -> None:
    frame = crowd(3000)
    told = estimate(frame, among="all", method="emq", prior=Prior((0.3, 0.4, 0.3)))
    assert share(told) == pytest.approx(share(estimate(frame, among="all")), abs=0.01)


@pytest.mark.parametrize("method", ["pcc", "ppi++", "emq"])
def test_intervals_hold_what_they_promise(method: str) -> None:
    rates = coverage(Population(n_authors=200), method=method, repetitions=60, n_labels=100)  # type: ignore[arg-type]
    assert 0.87 <= rates["coverage"] <= 1.0
    assert abs(rates["bias"]) < 0.02


def test_design_effect_and_effective_n() -> None:
    told = estimate(crowd())
    error = told.shares["against"].standard_error
    assert error is not None
    assert told.n_eff == pytest.approx(effective_sample_size(share(told), error))
    assert told.deff == pytest.approx(told.n_authors / told.n_eff)  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"share=1"):
        effective_sample_size(1.0, 0.1)


def test_near_duplicates_are_counted_where_digests_are_known() -> None:
    assert near_duplicate_share(pl.Series(["x", "x", "y", "", None])) == pytest.approx(1 / 3)
    frame = crowd(50)
    assert estimate(frame.drop("text_digest")).near_duplicate_share is None
    assert estimate(frame.with_columns(text_digest=pl.lit("same"))).near_duplicate_share == pytest.approx(
        1 - 1 / frame.height
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c", ""]), st.tuples(*[st.floats(0, 1)] * 3).filter(lambda p: sum(p) > 0)),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(["pcc", "cc", "emq"]),
    st.sampled_from(["all", "opinionated"]),
)
def test_any_probabilities_give_intervals_inside_0_and_1(rows, method, among) -> None:  # type: ignore[no-untyped-def]
    scaled = [(author, tuple(value / sum(p) for value in p)) for author, p in rows]
    told = estimate(posts(*scaled), method=method, among=among, draws=100, prior=Prior((0.3, 0.4, 0.3)))
    for inside in told.shares.values():
        if inside.share is not None:
            assert inside.low is not None
            assert inside.high is not None
            assert 0 <= inside.low <= inside.share <= inside.high <= 1
            assert inside.low < inside.high
