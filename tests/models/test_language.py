import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.language import LANGUAGES, MIXED, identify
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
