"""What the model sees of a text: whole words, the mention among them, at a bounded cost."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.passage import locate, passage

WORDS = st.lists(st.text("абвәіñß-.!0", min_size=1, max_size=9), min_size=1, max_size=60)
VISIBLE = st.characters(exclude_categories=["Cc", "Cs"])
SPACES = st.sampled_from([" ", "\n", "  ", "\n\n", "\t"])


@given(words=WORDS, space=SPACES, most=st.integers(1, 30), data=st.data())
def test_whole_words_around_the_mention(words: list[str], space: str, most: int, data: st.DataObject) -> None:
    text = space.join(words)
    chosen = data.draw(st.integers(0, len(words) - 1))
    start = sum(len(word) for word in words[:chosen]) + chosen * len(space)
    seen = passage(text, (start, start + len(words[chosen])), most).split(" ")
    assert len(seen) == min(most, len(words))
    places = [i for i in range(len(words) - len(seen) + 1) if words[i : i + len(seen)] == seen]
    assert any(i <= chosen < i + len(seen) for i in places), "a run of the text's own words with the mention in it"


@given(
    text=st.text(VISIBLE, max_size=200),
    most=st.integers(1, 20),
    place=st.tuples(st.integers(0, 250), st.integers(0, 250)),
)
def test_no_text_and_no_place_breaks_it(text: str, most: int, place: tuple[int, int]) -> None:
    seen = passage(text, (min(place), max(place)), most)
    assert len(seen.split()) <= most
    assert set(seen.split()) <= set(text.split())


def test_a_short_text_is_kept_whole_and_a_long_one_from_its_beginning() -> None:
    assert passage("  Одно\n\nдва \t три ", None, 5) == "Одно два три"
    assert passage("a b c d e f", None, 3) == "a b c"
    assert passage("", None, 3) == ""
    assert passage(" \n", (0, 0), 3) == ""


def test_the_mention_stands_in_the_middle() -> None:
    words = [f"w{i}" for i in range(101)]
    text = " ".join(words)
    start = text.index("w50")
    assert passage(text, (start, start + 3), 11).split() == words[45:56]
    assert passage(text, (0, 2), 11).split() == words[:11]
    assert passage(text, (len(text) - 4, len(text)), 11).split() == words[-11:]


def test_a_mention_longer_than_the_passage_is_seen_from_its_beginning() -> None:
    text = "а б в г д е ж з"
    assert passage(text, (4, 13), 2) == "в г"


@pytest.mark.parametrize("at", [0, 1, 400_000, 999_990])
def test_a_megabyte_costs_no_more_than_a_long_text(at: int) -> None:
    text = "слово релокант " * 70_000
    start = text.index("релокант", at) if at < 999_000 else text.rindex("релокант")
    started = time.perf_counter()
    seen = passage(text, (start, start + 8), 55).split()
    assert time.perf_counter() - started < 1
    assert len(seen) == 55
    assert set(seen) == {"слово", "релокант"}


@pytest.mark.parametrize("at", [150_000, 999_000])
def test_words_at_the_edge_of_what_is_scanned_are_not_cut(at: int) -> None:
    """Few enough words are scanned that all of them are seen: the first and the last are whole or absent."""
    words = [f"{i:05d}" * 5_000 for i in range(60)]
    text = " ".join(words)
    place = text.rindex(" ", 0, at) + 1
    seen = passage(text, (place, place + 10), 40).split()
    assert set(seen) <= set(words)
    assert text[place : place + 25_000] in seen


def test_a_word_of_a_megabyte_is_bounded() -> None:
    assert len(passage("я" * 1_000_000, (500_000, 500_008), 55)) <= 200_000


@pytest.mark.parametrize(
    ("text", "target", "found"),
    [
        ("Поддерживаю вакцинацию детей", "вакцинация", "вакцинацию"),
        ("Мы против СТРОИТЕЛЬСТВА АЭС", "строительство АЭС", "СТРОИТЕЛЬСТВА"),
        ("Қазақстандағы саясатқа қарсымын", "саясат", "саясат"),
        ("Про Apple Watch говорят", "apple watch", "Apple Watch"),
        ("İİİİ и мэр города", "мэр", "мэр"),
        ("Погода хорошая", "вакцинация", None),
        ("", "вакцинация", None),
    ],
)
def test_a_free_target_is_located(text: str, target: str, found: str | None) -> None:
    span = locate(text, target)
    assert (span and text[span[0] : span[1]]) == found


@given(text=st.text(max_size=80), target=st.text(max_size=20))
def test_places_lie_inside_the_text(text: str, target: str) -> None:
    span = locate(text, target)
    assert span is None or 0 <= span[0] <= span[1] <= len(text)
    assert locate(f"{text} {target} {text}", target) is not None or not target.strip()


def test_locating_in_a_megabyte_is_quick() -> None:
    started = time.perf_counter()
    assert locate("слово " * 170_000, "вакцинация населения") is None
    assert time.perf_counter() - started < 1
