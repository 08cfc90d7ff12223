"""Pages whose server names no encoding, or the wrong one."""

from __future__ import annotations

import pytest

from collectors.forums.decoding import decoded

RUSSIAN = "<p>Аренда растёт, а соседи тут ни при чём"
KAZAKH = "<p>Жалға беру бағасы өсті, көршілер кінәлі емес"


@pytest.mark.parametrize(
    ("text", "written", "said"),
    [
        (KAZAKH, "utf-8", "utf-8"),
        (KAZAKH, "utf-8", "iso-8859-1"),
        (KAZAKH, "utf-8", "cp1251"),
        (KAZAKH, "utf-8-sig", "cp1252"),
        (KAZAKH, "utf-16", "utf-16"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "cp1251", "utf-8"),
        (RUSSIAN, "cp1251", "cp1250"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        ("<p>café à la crème", "cp1252", "cp1252"),
        ("<p>plain", "ascii", "utf-8"),
    ],
)
def test_the_text_is_the_one_that_was_written(text: str, written: str, said: str) -> None:
    body = text.encode(written)
    assert decoded(body, body.decode(said, "replace")) == text


def test_a_character_cut_in_two_at_the_end_spoils_nothing() -> None:
    assert decoded("<p>Сәлем".encode()[:-1], "?") == "<p>Сәле"
