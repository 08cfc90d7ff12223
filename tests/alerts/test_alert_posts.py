"""What the posts of a spike are like: words, typical posts, copies, new accounts, a campaign."""

from __future__ import annotations

import datetime as dt
import json

import hypothesis
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.posts import SCHEMA, describe_posts, excerpt

DAY = dt.datetime(2022, 9, 21, 6, tzinfo=dt.UTC)
BEGINS = DAY - dt.timedelta(days=200)
OLD = DAY - dt.timedelta(days=100)


def posts(*rows: tuple[str, str, int, bool]) -> pl.DataFrame:
    """From (author, text, days before the day, current)."""
    made = [
        ("chat", str(n), author, DAY - dt.timedelta(days=back, minutes=-n), text, text.split(), text.split(), now)
        for n, (author, text, back, now) in enumerate(rows)
    ]
    return pl.DataFrame(made, schema=SCHEMA, orient="row")


def talk(count: int) -> list[tuple[str, str, int, bool]]:
    subjects = ("погода сегодня", "матч вчера", "рынок продукты", "дорога пробка", "школа дети", "ремонт крыша")
    return [
        (f"p{n % 30}", f"мигранты {subjects[n % 6]} номер{n} разное{n * 7}", 1 + n % 28, False) for n in range(count)
    ]


def test_the_words_of_the_day_stand_out_in_the_form_people_use():
    day = [(f"p{n}", f"мигранты аренда выросла цены{n} дом{n}", 0, True) for n in range(20)]
    told = describe_posts(posts(*day, *talk(200)), {}, None)
    assert [row["word"] for row in told["words"]] == ["аренда", "выросла"]
    assert told["words"][0] | {"z": 0} == {"word": "аренда", "here": 20, "there": 0, "z": 0}
    assert told["words"][0]["z"] > 2.58
    assert "аренда" in told["typical_posts"][0]["text"]
    assert told["campaign"] is False
    assert json.loads(json.dumps(told)) == told


def test_copies_by_several_authors_look_like_a_campaign_and_one_authors_repeats_do_not():
    text = "пусть все мигранты уезжают домой сегодня же немедленно"
    many = [(f"p{n}", text + " !" * (n % 2), 0, True) for n in range(12)]
    told = describe_posts(posts(*many, *talk(100)), {}, None)
    assert told["near_duplicates"] == {"share": 1.0, "usual": 0.0, "largest": 12, "authors_of_largest": 12}
    assert told["campaign"] is True
    assert len(told["typical_posts"]) == 1, "one text is said once"
    one = [("p0", text, 0, True) for _ in range(12)]
    assert describe_posts(posts(*one, *talk(100)), {}, None)["campaign"] is False


def test_new_accounts_are_told_beside_the_usual():
    day = [(f"new{n}", f"мигранты слово{n} другое{n} третье{n}", 0, True) for n in range(12)]
    seen = {f"p{n}": OLD for n in range(30)} | {f"new{n}": DAY - dt.timedelta(hours=1) for n in range(12)}
    told = describe_posts(posts(*day, *talk(100)), seen, BEGINS)
    assert told["new_accounts"] == {"share": 1.0, "usual": 0.0, "authors": 12}
    assert told["campaign"] is True


def test_everybody_is_new_where_the_collection_has_just_begun():
    day = [(f"new{n}", f"мигранты слово{n}", 0, True) for n in range(12)]
    seen = {f"new{n}": DAY for n in range(12)}
    assert describe_posts(posts(*day), seen, DAY - dt.timedelta(days=20))["new_accounts"] is None
    assert describe_posts(posts(*day), {}, BEGINS)["new_accounts"] is None


def test_nothing_to_describe_is_described_as_such():
    told = describe_posts(posts(), {}, None)
    assert (told["words"], told["typical_posts"], told["new_accounts"], told["campaign"]) == ([], [], None, False)
    assert told["near_duplicates"] == {"share": 0.0, "usual": None, "largest": 0, "authors_of_largest": 0}


@pytest.mark.parametrize("length", [10, 40, 240])
def test_an_excerpt_is_one_line_cut_at_a_word(length):
    line = excerpt("Аренда  выросла,\nхозяева подняли цены – и\tвсё из-за приезжих " * 10, length)
    assert len(line) <= length
    assert "\n" not in line
    assert line.endswith("…")
    assert excerpt(" коротко\n ") == "коротко"


def test_a_quoted_post_calls_nobody():
    assert excerpt("<!channel> @everyone <@U123> <#C1> привет <b>") == "‹!channel> ＠everyone ‹＠U123> ‹#C1> привет <b>"


@hypothesis.settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.text(max_size=30), st.integers(0, 30)), max_size=20))
def test_any_posts_can_be_described(rows):
    frame = posts(*((author, text, back, back == 0) for author, text, back in rows))
    told = describe_posts(frame, {"a": OLD, "b": DAY}, BEGINS)
    assert json.loads(json.dumps(told)) == told
    assert 0 <= told["near_duplicates"]["share"] <= 1
