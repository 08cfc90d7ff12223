"""Words for comparing posts: all forms of a word share a key; links, names, masks and numbers are none."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.terms import terms


def keys(text: str, language: str) -> list[str]:
    return [key for key, _ in terms(text, language)]


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("ru", ["аренда", "аренды", "арендой"]),
        ("uk", ["мігрант", "мігранти", "мігрантів"]),
        ("kk", ["келгендер", "келгендерге", "келгендерді"]),
        ("kk", ["қазақтар", "қазақтарға"]),
        ("mixed", ["аренда", "арендой"]),
        ("mixed", ["көшкен", "көшкенде"]),
        ("", ["цена", "цены"]),
    ],
)
def test_forms_of_a_word_share_a_key(language: str, forms: list[str]) -> None:
    assert len({keys(form, language)[0] for form in forms}) == 1


def test_a_form_stays_as_it_was_written_in_lower_case() -> None:
    assert terms("Аренда ВЫРОСЛА, из-за приезжих!", "ru") == [
        ("аренда", "аренда"),
        ("вырасти", "выросла"),
        ("из-за", "из-за"),
        ("приезжий", "приезжих"),
    ]


def test_what_is_no_word_is_left_out() -> None:
    text = "см. https://t.me/chat/1 @someone [phone] 2022 год 5к ок #аренда t.me/x www.site.kz"
    assert [form for _, form in terms(text, "ru")] == ["год", "аренда"]


def test_look_alikes_and_hidden_letters_do_not_hide_a_word() -> None:
    assert keys("apeнда", "ru") == keys("аренда", "ru") == keys("ар\u200bенда", "ru")


@hypothesis.settings(deadline=None, max_examples=60)
@given(text=st.text(max_size=80), language=st.sampled_from(["ru", "uk", "kk", "en", "ky", "uz", "mixed", "other", ""]))
def test_any_text_can_be_read(text: str, language: str) -> None:
    for key, form in terms(text, language):
        assert key
        assert 3 <= len(form) <= 40
        assert form == form.lower()


def test_letters_that_no_slavic_dictionary_has_are_their_own_words() -> None:
    assert terms("слово 𗀀𗀁𗀂 𗀀ааа", "ru")[1:] == [("𗀀𗀁𗀂", "𗀀𗀁𗀂"), ("𗀀ааа", "𗀀ааа")]
