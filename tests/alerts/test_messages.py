"""Every message in every language, for every occasion, from any alert that may be stored."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.messages import message, trial
from storage.records import Alert

LANGUAGES = ("en", "ru", "kk")
SPIKE = Alert(
    "rule", "migrants", "source", "qala-news", "2022-09-21", "against", 90.0, 30.0, 45.5, 6.0, id=7,
    explanation={
        "words": [{"word": word, "here": 20, "there": 0, "z": 5.1} for word in ("аренда", "пәтер")],
        "typical_posts": [{"source": "s", "native_id": "1", "posted_at": "", "text": "Аренда выросла вдвое"}],
        "campaign": True,
        "near_duplicates": {"share": 0.62, "usual": 0.03, "largest": 20, "authors_of_largest": 18},
        "new_accounts": {"share": 0.4, "usual": None, "authors": 30},
        "steps_above": 3, "peak": 120.0, "peak_window": "2022-09-22",
    },
)  # fmt: skip
OUTAGE = Alert(
    "coverage", "", "source", "chat", "2022-09-21", "posts", 4.0, 60.0, 60.0, 0.9, id=8, kind="coverage",
    explanation={
        "sources": [
            {"source": "chat", "trouble": "fell", "first": "2022-09-21", "last": "2022-09-22", "observed": 4.0,
             "expected": 60.0, "detail": ""},
        ],
    },
)  # fmt: skip


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Series: source qala-news.", "Words of these posts: аренда, пәтер.", "A typical post: «Аренда",
                "Perhaps a campaign: near copies 62% of the posts (usually 3%); new accounts 40% of the authors."]),
        ("ru", ["Ряд: источник qala-news.", "Слова этих сообщений: аренда, пәтер.", "Типичное сообщение: «Аренда",
                "Возможно, кампания: почти одинаковых сообщений 62% (обычно 3%); новых авторов 40%."]),
        ("kk", ["Қатар: дереккөз qala-news.", "Осы жазбалардың сөздері: аренда, пәтер.", "Типтік жазба: «Аренда",
                "бір-біріне ұқсас жазбалар 62% (әдетте 3%); жаңа авторлар 40%."]),
    ],
)  # fmt: skip
def test_a_spike_is_told_with_its_words_and_its_posts(language, words):
    body = message(SPIKE, language).body
    for word in words:
        assert word in body


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Near copies 2% of the posts (usually 3%)."),
        ("ru", "Почти одинаковых сообщений 2% (обычно 3%)."),
        ("kk", "Бір-біріне ұқсас жазбалар 2% (әдетте 3%)."),
    ],
)
def test_copies_are_told_where_nobody_suspects_a_campaign(language, words):
    copies = {"share": 0.02, "usual": 0.03, "largest": 0, "authors_of_largest": 0}
    why = {**SPIKE.explanation, "campaign": False, "near_duplicates": copies, "new_accounts": None}
    assert words in message(replace(SPIKE, explanation=why), language).body


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "in the weeks before: big. Without them: 50; expected: 12; usual at most: 17."),
        ("ru", "в недели до этого: big. Без них: 50; ожидалось: 12; обычно не больше: 17."),
        ("kk", "дереккөздер: big. Оларсыз: 50; күтілгені: 12; әдетте ең көбі: 17."),
    ],
)
def test_what_stands_without_the_sources_that_are_out_is_told_without_them(language, words):
    without = {"sources": ["big"], "observed": 50.0, "expected": 11.7, "upper": 17.2}
    body = message(replace(SPIKE, explanation={**SPIKE.explanation, "without": without}), language).body
    assert words in body


@pytest.mark.parametrize(
    ("language", "title", "body"),
    [
        ("en", "Source chat gives far less than usual since 2022-09-21", "to 2022-09-22: 4 posts; expected: 60."),
        ("ru", "Источник chat даёт намного меньше обычного с 2022-09-21", "сообщений 4; ожидалось: 60."),
        ("kk", "chat дереккөзі әдеттегіден әлдеқайда аз береді, 2022-09-21 бастап", "жазбалар 4; күтілгені: 60."),
    ],
)  # fmt: skip
def test_an_outage_is_told_to_the_operator(language, title, body):
    told = message(OUTAGE, language)
    assert told.title == title
    assert body in told.body
    assert "pikir sources" in told.body
    entries = OUTAGE.explanation["sources"] * 12
    many = message(replace(OUTAGE, explanation={"sources": entries, "held_back": [{}] * 2}), language)
    assert "12" in many.title
    assert len([line for line in many.body.splitlines() if "60" in line]) == 10


@pytest.mark.parametrize(
    ("language", "escalated", "ended"),
    [
        ("en", ("NOT ACKNOWLEDGED: ", "within 1.5 hours"), ("Over: ", "Above the bound 3 times; the largest: 120")),
        ("ru", ("НЕ ПОДТВЕРЖДЕНО: ", "прошло часов: 1,5"), ("Закончилось: ", "Выше границы: 3 раз; больше всего: 120")),
        ("kk", ("РАСТАЛМАҒАН: ", "1,5 сағат ішінде"), ("Аяқталды: ", "Шектен 3 рет асты; ең көбі: 120")),
    ],
)
def test_what_follows_an_alert_says_what_it_follows(language, escalated, ended):
    late = message(SPIKE, language, occasion="escalated", hours=1.5)
    assert late.title.startswith(escalated[0])
    assert escalated[1] in late.body
    assert "90" in late.body, "the alert itself is in it"
    over = message(replace(SPIKE, ended=dt.date(2022, 9, 24)), language, occasion="ended")
    assert over.title.startswith(ended[0])
    assert ended[1] in over.body
    assert "2022-09-24" in over.body
    whole = message(replace(OUTAGE, ended=dt.date(2022, 9, 24)), language, occasion="ended")
    assert "2022-09-24" in whole.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_trial_says_that_it_is_one(language):
    told = trial("Қала мониторы", "duty", language)
    assert "Қала мониторы" in told.title
    assert "duty" in told.body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", ["raised", "escalated", "ended"])
@pytest.mark.parametrize("kind", ["opinion", "coverage"])
def test_an_alert_with_no_explanation_is_told_too(language, occasion, kind):
    bare = Alert("r", "t", "all", "all", "2022-09-21", "mentions", 9, 3, 5, 2, id=1, kind=kind)
    told = message(bare, language, occasion=occasion, hours=2)
    assert told.title
    assert "pikir alerts" in told.body


@hypothesis.settings(deadline=None, max_examples=30)
@given(text=st.text(max_size=60), language=st.sampled_from(LANGUAGES), event=st.text(min_size=1, max_size=20))
def test_no_post_writes_a_line_of_its_own(text, language, event):
    from alerts.posts import excerpt

    posts = [{"source": "s", "native_id": "1", "posted_at": "", "text": excerpt(text)}]
    why = {**SPIKE.explanation, "typical_posts": posts, "event": {"name": event, "date": "2022-09-21", "days_after": 0}}
    told = message(replace(SPIKE, explanation=why), language)
    assert "\n" not in told.title
    assert not re.search(r"\n\s*\n", told.body)
    shown = [line for line in told.body.splitlines() if "«" in line]
    assert len(shown) >= 1
