import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.language import LANGUAGES, MIXED, identify
from models.language.runs import has_both
from models.language.sources import corpus_texts, held_out
from models.scripts import to_russian_keyboard

CASES = {
    "ru": ["Понаехали тут, квартиру теперь не снять", "да какая разница, лишь бы человек был хороший"],
    "kk": [
        "Көшіп келгендер көбейген сайын пәтер ақысы қымбаттап барады",
        "Кошип келгендер кобейген сайын патер акысы кымбаттап барады",
        "Reseiden kelgender kobeiip ketti, pater tappai jurmiz",
    ],
    "uk": ["Переселенці шукають житло, а оренда вже захмарна"],
    "ky": ["Орусиядан көчүп келгендер батир издеп жүрүшөт экен"],
    "uz": ["Rossiyadan ko'chib kelganlar uy ijarasini qimmatlashtirib yubordi"],
    "en": ["The newcomers have doubled the rents around here"],
    MIXED: ["Балалар соғыстан қашып келді ғой, неге ұрысамыз? Пусть живут спокойно, они никому не мешают"],
    "": ["", "👍👍", "12 / 5", "سلام", "\ud800\x00"],
}


@pytest.mark.parametrize(("language", "text"), [(key, text) for key, texts in CASES.items() for text in texts])
def test_languages(language: str, text: str) -> None:
    assert identify([text]) == [language]


def test_a_borrowed_word_does_not_make_a_mixed_post() -> None:
    assert identify(["Бұл приложение маған қатты ұнады, рахмет сіздерге"]) == ["kk"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Сергей ауылымызға дәрігер болып келді, алғысымыз шексіз", "kk"),
        ("Ресейден көшкендерге жүк тасымалдаймыз, Челябинск пен Омбыдан Қостанайға дейін", "kk"),
        ("Автобус из Алматы в Атырау через Караганду уходит вечером", "ru"),
        ("Соседка говорит рахмет и угощает, хорошие люди", "ru"),
        ("Тойға келгендер орысша сөйлеп отыр, что за люди вообще, ұят емес пе", MIXED),
        ("пәтер іздеп жүрмін, но цены просто космос какой-то, көмектесіңіздерші", MIXED),
    ],
)
def test_a_phrase_makes_a_mixed_post_a_name_does_not(text: str, language: str) -> None:
    assert identify([text]) == [language]


def test_runs_of_both_languages() -> None:
    posts = [[9.0, 9.0, -9.0, -9.0], [9.0, 9.0, -9.0, 9.0], [-9.0, 9.0, -9.0, 9.0], [-3.0] * 4 + [9.0, 1.0, 9.0], []]
    ends = np.cumsum([0, *map(len, posts)])
    found = has_both(np.concatenate(posts).astype(np.float32), np.stack([ends[:-1], ends[1:]], axis=1))
    assert found.tolist() == [True, False, False, True, False]


def test_the_corpus_is_read_by_language_and_halved_by_words() -> None:
    posts = corpus_texts("mix")
    halves = [held_out(text) for text in posts]
    assert 0.4 < np.mean(halves) < 0.6
    assert [held_out(f"  {text.upper()} 👍") for text in posts[:50]] == halves[:50]


def test_a_text_has_the_same_language_whatever_its_neighbours() -> None:
    texts = [text for texts in CASES.values() for text in texts] * 60
    assert identify(texts) == [identify([text])[0] for text in texts[: len(texts) // 60]] * 60


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=()), max_size=30), max_size=5))
def test_never_raises(texts: list[str]) -> None:
    assert all(found in (*LANGUAGES, MIXED, "") for found in identify(texts))
    assert len(identify(texts)) == len(texts)


def test_long_posts_are_quick() -> None:
    started = time.process_time()
    identify(["Қазақстан " * 100_000] * 20)
    assert time.process_time() - started < 5


def test_keyboard_substitution_keeps_length() -> None:
    assert to_russian_keyboard("ҚАЗАҚ тілі, үй") == "КАЗАК тили, уй"
