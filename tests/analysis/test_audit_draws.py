"""Draws are exact, unbiased, reproducible and grow; allocation sees rare answers and stays within its bounds."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from audit_frames import author_mean, population
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.audits import allocate, draw_authors

KEY = ["source", "native_id"]


@given(
    sizes=st.dictionaries(st.sampled_from(["against", "neutral", "favor"]), st.integers(1, 5_000), min_size=1),
    n=st.integers(3, 6_000),
)
def test_an_allocation_is_exact_and_within_its_bounds(sizes: dict[str, int], n: int) -> None:
    drawn = allocate(sizes, n)
    total = sum(sizes.values())
    assert sum(drawn.values()) == min(n, total)
    assert all(1 <= drawn[name] <= size for name, size in sizes.items())
    for name, size in sizes.items():
        # Rounding takes one, and up to two go to strata whose part would be below one.
        assert drawn[name] >= min(size, np.floor(0.7 * n / total * size) - 3), "70% of its part of a simple sample"
        assert drawn[name] >= min(size, np.floor(0.3 * n / len(sizes)) - 3), "a rare answer gets its equal part"


def test_an_allocation_worked_by_hand() -> None:
    # Of 200, 140 in proportion (21, 112 and 7), 60 in three equal parts of 20.
    assert allocate({"against": 150, "neutral": 800, "favor": 50}, 200) == {"against": 41, "neutral": 132, "favor": 27}
    assert allocate({"against": 5, "neutral": 990, "favor": 5}, 200) == {"against": 5, "neutral": 190, "favor": 5}


def test_too_few_for_every_stratum_is_refused() -> None:
    with pytest.raises(ValueError, match="n=2: draw at least 3"):
        allocate({"against": 1, "neutral": 1, "favor": 1}, 2)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(3, 90), seed=st.integers(0, 10**9))
def test_a_draw_is_exact(n: int, seed: int) -> None:
    opinions = population()
    sample = draw_authors(opinions, n, seed)
    posts = sample.posts.join(opinions, on=KEY, how="left")
    assert sample.authors == 60
    assert posts.height == min(n, 60) == posts["author"].n_unique(), "one post an author"
    assert (posts["stratum"] == posts["stance"]).all()
    assert (1 / posts["inclusion_probability"]).sum() == pytest.approx(60)
    for (stratum,), part in posts.group_by("stratum"):
        size, drawn = sample.strata[str(stratum)]
        assert part.height == drawn
        assert part["inclusion_probability"].to_list() == [drawn / size] * drawn


def test_equal_seeds_draw_the_same_in_any_order_of_rows() -> None:
    opinions = population()
    first = draw_authors(opinions, 30, 7)
    assert draw_authors(opinions.sample(fraction=1.0, shuffle=True, seed=3), 30, 7).posts.equals(first.posts)
    assert not draw_authors(opinions, 30, 8).posts.equals(first.posts)


@settings(max_examples=30, deadline=None)
@given(first=st.integers(3, 60), second=st.integers(3, 60))
def test_a_larger_draw_holds_the_smaller(first: int, second: int) -> None:
    opinions = population()
    small, large = (set(draw_authors(opinions, n).posts.select(KEY).iter_rows()) for n in sorted((first, second)))
    assert small <= large


def test_any_beginning_of_the_queue_holds_every_stratum() -> None:
    sample = draw_authors(population(300), 90)
    for stratum, (_, drawn) in sample.strata.items():
        beginning = (sample.posts["stratum"].head(45) == stratum).sum()
        assert beginning == pytest.approx(drawn / 2, abs=1)


def test_outlets_are_left_out_and_nameless_posts_are_authors_of_their_own() -> None:
    opinions = population(20)
    more = opinions.head(4).with_columns(
        native_id=pl.Series(["x", "y", "z", "w"]),
        author=pl.lit(""),
        voice=pl.Series(["person", "person", "outlet", "outlet"]),
    )
    assert draw_authors(pl.concat([opinions, more]), 1_000).authors == 22
    with pytest.raises(ValueError, match="nobody wrote about the target"):
        draw_authors(more.filter(pl.col("voice") == "outlet"), 10)


def test_horvitz_thompson_is_unbiased_and_every_chance_is_kept() -> None:
    """Over 600 draws: sums of 1/p hit the truth about authors, and each author is drawn as often as announced."""
    opinions = population(50, seed=4)
    truth = author_mean(opinions, "against")
    estimates, seen = [], {}
    for seed in range(600):
        posts = draw_authors(opinions, 18, seed).posts.join(opinions, on=KEY)
        weights = 1 / posts["inclusion_probability"].to_numpy()
        estimates.append(float(weights @ (posts["truth"] == "against").to_numpy()) / 50)
        for author in posts["author"]:
            seen[author] = seen.get(author, 0) + 1
    error = np.std(estimates, ddof=1) / np.sqrt(600)
    assert abs(np.mean(estimates) - truth) < 3.5 * error
    assert set(seen) == set(opinions["author"]), "everybody had a chance"
    assert sum(seen.values()) == 600 * 18
