"""Words that set posts apart: the published formula, worked out by hand, and what any input keeps to."""

from __future__ import annotations

import math

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.wording import contrast

RENT = [["аренда", "расти"], ["аренда", "город"], ["аренда"], ["погода"]]
TALK = [["погода", "город"], ["погода"], ["погода", "снег"], ["аренда", "погода"]] * 3


def test_log_odds_and_z_are_those_of_the_paper() -> None:
    (found,) = [one for one in contrast(RENT, TALK, prior_size=10) if one.word == "аренда"]
    # Equations 15 and 22 of Monroe et al.: 3 of 6 words here, 3 of 21 there, a prior of 10 * 6 / 27 words.
    prior = 10 * 6 / 27
    here, there = 3 + prior, 3 + prior
    expected = math.log(here / (6 + 10 - here)) - math.log(there / (21 + 10 - there))
    assert (found.here, found.there) == (3, 3)
    assert found.log_odds == pytest.approx(expected)
    assert found.z == pytest.approx(expected / math.sqrt(1 / here + 1 / there))


def test_the_most_typical_word_comes_first_and_a_word_counts_once_a_post() -> None:
    repeated = [["аренда"] * 50, ["погода", "снег"]]
    assert contrast(RENT, TALK)[0].word == "аренда"
    assert contrast(RENT, TALK)[-1].word == "погода"
    assert {one.word: one.here for one in contrast(repeated, TALK)}["аренда"] == 1


def test_a_word_of_one_post_is_drawn_to_nothing_where_one_of_many_is_not() -> None:
    here = [["дом", "редкое"], *[["дом", "аренда"]] * 30]
    there = [["дом", "снег"]] * 31
    z = {one.word: one.z for one in contrast(here, there)}
    assert abs(z["редкое"]) < 1.0 < 2.58 < z["аренда"]
    assert abs(z["дом"]) < 0.1


@pytest.mark.parametrize(("here", "there"), [([], TALK), (RENT, []), ([[]], TALK), ([], [])])
def test_nothing_to_compare_with_is_no_word(here: list[list[str]], there: list[list[str]]) -> None:
    assert contrast(here, there) == []


def test_a_prior_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        contrast(RENT, TALK, prior_size=0)


WORDS = st.lists(st.lists(st.text("абв", min_size=1, max_size=2), max_size=6), max_size=12)


@hypothesis.settings(deadline=None, max_examples=60)
@given(here=WORDS, there=WORDS)
def test_swapping_the_sides_turns_every_sign(here: list[list[str]], there: list[list[str]]) -> None:
    one = {found.word: found.z for found in contrast(here, there)}
    other = {found.word: found.z for found in contrast(there, here)}
    assert one.keys() == other.keys()
    for word, z in one.items():
        assert math.isfinite(z)
        assert z == pytest.approx(-other[word])
