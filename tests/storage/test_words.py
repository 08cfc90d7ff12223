"""A word that is searched finds its other forms, in Russian and in Kazakh, however it is typed."""

import pytest

from storage.words import found_in, stem, terms


@pytest.mark.parametrize(
    ("searched", "text"),
    [
        ("мигрантами", "Мигранты мигрантов мигранту"),
        ("приезжих", "приезжие приезжим"),
        ("тёплая", "теплый тёплые"),
        ("келімсектерді", "Келімсек келімсектер келімсектеріміздің келимсектерге"),
        ("мигранттарды", "мигрант мигранттарға"),
        ("босқындарға", "босқын босқындардың боскындар"),
        ("Қазақстанда", "Казакстан қазақстанның"),
        ("Ресейге", "Ресей Ресейдің ресейден"),
    ],
)
def test_every_form_is_found_and_marked(searched: str, text: str) -> None:
    spans = found_in(text, terms(searched))
    assert [text[start:end] for start, end in spans] == text.split()


@pytest.mark.parametrize(
    ("word", "rest"), [("города", "город"), ("аренды", "аренд"), ("бухгалтеры", "бухгалтер"), ("тан", "тан")]
)
def test_a_russian_word_loses_a_russian_ending_alone(word: str, rest: str) -> None:
    assert stem(word) == rest


def test_what_is_quoted_stays_as_it_is() -> None:
    (quoted, absent) = terms('"жүз мың" -қаланың')
    assert (quoted.words, quoted.prefix, quoted.absent) == (("жуз", "мын"), False, False)
    assert (absent.words, absent.prefix, absent.absent) == (("кала",), True, True)
