"""Names of months and weekdays in Russian, Kazakh, Ukrainian and English, in full, in their cases, and abbreviated."""

from __future__ import annotations

import re
from functools import cache

_WORD = re.compile(r"[^\W\d_]+")
# A star stands for any ending: few letters begin many a name (Сергей, Марат, Jane) that stands beside a time.
_MONTHS = (
    "янв янва* қаң қан қаңт* қант* jan janua* січ січн* січен*",
    "фев февр* ақп ақпа* акпа* feb febr* лют люто* лютий",
    "мар март марта марте нау наур* mar march бер берез*",
    "апр апре* сәу сәуі* сауі* apr apri* кві квіт квітн* квітен*",
    "май мая мае мам мамыр* may тра трав травн* травен*",
    "июн июнь июня июне мау маус* jun june чер черв*",
    "июл июль июля июле шіл шілд* jul july лип липн* липен*",
    "авг август августа августе там тамыз* aug august сер серп серпн* серпен*",
    "сен сент сентя* қыр қырк* sep sept septe* вер верес*",
    "окт октя* қаз қаза* oct octo* жов жовт*",
    "ноя нояб* қар қараш* nov nove* лис лист листоп*",
    "дек дека* жел желт* dec dece* гру груд грудн* груден*",
)
_WEEKDAYS = (
    "пн пон понед* дс дүй дүйс* mon monday",
    "вт вто вторн* сс сей сейс* tue tues tuesday вівт*",
    "ср сре среда среду среды сәр сәрс* wed wednes* середа середу",
    "чт чет четв* бс бей бейс* thu thur thurs*",
    "пт пят пятн* жм жұм жұма* fri friday",
    "сб суб субб* субот* сн сенб* sat satur*",
    "вс вос воскр* жс жек жекс* sun sunday неділ*",
)


def month_in(word: str) -> int:
    """The month that a word names, 1 to 12; 0 where it names none."""
    return _place(word.strip(".,"), _MONTHS)


def months_in(text: str) -> int:
    """The month that a text names, 0 for none. Of several the one behind a number, else before one, else the first."""
    named = [(number, found) for found in _WORD.finditer(text) if (number := month_in(found[0]))]
    behind = [number for number, found in named if re.search(r"\d\W{0,3}$", text[: found.start()])]
    before = [number for number, found in named if re.match(r"\W{0,3}\d", text[found.end() :])]
    return next(iter([*behind, *before, *(number for number, _ in named)]), 0)


def weekday_in(text: str) -> int:
    """The first weekday that a text names, 1 (Monday) to 7; 0 for none."""
    return next((day for word in _WORD.findall(text) if (day := _place(word, _WEEKDAYS))), 0)


def _place(word: str, names: tuple[str, ...]) -> int:
    """The place in `names` of the first that the word is one of, from 1; 0 for none."""
    whole, beginnings = _places(names)
    word = word.lower()
    return whole.get(word) or next((place for place, begun in beginnings if word.startswith(begun)), 0)


@cache
def _places(names: tuple[str, ...]) -> tuple[dict[str, int], list[tuple[int, tuple[str, ...]]]]:
    """The place of each whole word, and the beginnings that stand for any ending, place by place."""
    places = [(place, several.split()) for place, several in enumerate(names, 1)]
    whole = {name: place for place, several in places for name in several if not name.endswith("*")}
    return whole, [(place, tuple(name[:-1] for name in several if name.endswith("*"))) for place, several in places]
