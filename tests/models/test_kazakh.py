import pytest
import spacy

import models.kazakh as kazakh
from models.lemmas import candidates, inflections, lemma
from models.scripts import cyrillise


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("Ресейден", "ресей"),
        ("Ресейдегі", "ресей"),
        ("Қазақстанға", "қазақстан"),
        ("келімсектерге", "келімсек"),
        ("релоканттардың", "релокант"),
        ("босқындарды", "босқын"),
        ("балаларымызға", "бала"),
        ("үй", "үй"),
    ],
)
def test_stem(word: str, stem: str) -> None:
    assert kazakh.stem(word) == stem


@pytest.mark.parametrize("word", ["ресейден", "ресейге", "Reseiden".lower(), "reseyge"])
def test_spellings_share_a_stem(word: str) -> None:
    assert "ресей" in candidates(word, "kk")


def test_voiced_stops_go_back() -> None:
    assert "келимсек" in kazakh.stems("келімсегі")


def test_language_is_registered() -> None:
    nlp = spacy.blank("kk")
    assert [token.text for token in nlp("Ресейден АҚШ-тың 12-ші елшісі келді.Рахмет!")] == [
        *("Ресейден", "АҚШ-тың", "12-ші", "елшісі", "келді", ".", "Рахмет", "!"),
    ]
    assert nlp("және")[0].is_stop
    assert [nlp(text)[0].like_num for text in ("жиырма", "12-ші", "2,5", "1/2", "үй")] == [
        True,
        True,
        True,
        True,
        False,
    ]


def test_lemmas() -> None:
    assert lemma("Россией", "ru") == "россия"
    assert lemma("понаехавшие", "ru") == "понаехать"
    assert lemma("росії", "uk") == "росія"
    assert "newcomer" in candidates("newcomers", "en")
    assert lemma("Ещё", "xx") == "еще"
    assert "понаехавших" in inflections("понаехать", "ru")
    with pytest.raises(ValueError, match="no lemmatiser for the language 'de'"):
        candidates("Haus", "de")


def test_cyrillise() -> None:
    assert cyrillise("rossiya") == "россия"
    assert cyrillise("kóship") == "кошип"
