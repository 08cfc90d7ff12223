"""Near-duplicates and typical posts."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.copies import copy_groups
from analysis.typical import typical

TEXT = ["все", "они", "приехали", "сюда", "только", "за", "нашими", "деньгами", "пусть", "уезжают"]


def test_copies_with_a_changed_word_or_tail_are_one_group() -> None:
    posts = [TEXT, ["погода", "сегодня", "хорошая", "в", "городе"], TEXT[:-1], [*TEXT, "домой"], ["привет", "всем"]]
    assert copy_groups(posts) == [0, 1, 0, 0, 2]


def test_groups_are_joined_through_common_members_and_short_posts_compare_as_a_whole() -> None:
    assert copy_groups([["да"], ["нет"], ["да"], [], []]) == [0, 1, 0, 2, 3]
    assert copy_groups([]) == []


def test_another_text_on_the_same_subject_is_no_copy() -> None:
    other = [
        "они",
        "приехали",
        "сюда",
        "за",
        "нашими",
        "деньгами",
        "и",
        "живут",
        "в",
        "нашем",
        "городе",
        "очень",
        "хорошо",
    ]
    assert copy_groups([TEXT, other]) == [0, 1]


def test_a_similarity_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        copy_groups([TEXT], 0.0)


@hypothesis.settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.sampled_from("абвгд"), max_size=6), max_size=15))
def test_equal_posts_share_a_group_and_numbers_run_in_order(posts: list[list[str]]) -> None:
    groups = copy_groups(posts)
    assert [groups.index(group) for group in sorted(set(groups))] == sorted(groups.index(g) for g in set(groups))
    for i, one in enumerate(posts):
        for j in range(i):
            if one and one == posts[j]:
                assert groups[i] == groups[j]


def test_what_most_posts_speak_of_is_typical_and_is_not_said_twice() -> None:
    rents = [
        ["аренда", "квартиры", "снова", "выросла", "очень", "сильно"],
        ["аренда", "квартиры", "снова", "выросла", "очень", "сильно", "вчера"],
        ["хозяин", "поднял", "цену", "аренды", "квартиры", "из-за", "приезжих"],
        ["аренда", "выросла", "из-за", "приезжих", "квартиры", "нет"],
    ]
    posts = [["ок"], ["мой", "велосипед", "продаётся", "недорого", "срочно"], *rents]
    chosen = typical(posts, [["погода", "снег", "холодно"]] * 10, most=3)
    assert chosen[0] in (2, 3, 5)
    assert len({2, 3} & set(chosen)) == 1, "the same again is passed over"
    assert 0 not in chosen, "a post of one word stands for nothing"


@pytest.mark.parametrize("posts", [[], [[]], [["да"], ["да"]]])
def test_posts_without_enough_words_are_not_typical(posts: list[list[str]]) -> None:
    assert typical(posts) == []
