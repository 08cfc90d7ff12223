"""The times that forums show, in the languages and forms that they show them in."""

from __future__ import annotations

import datetime as dt

import pytest
from forum_reading import SEEN, ZONE
from hypothesis import given
from hypothesis import strategies as st

from collectors.batches import RecordError
from collectors.forums.dates import ForumClock, Moment
from collectors.values import Clock

CLOCK = ForumClock(Clock(ZONE, dt.datetime(2030, 1, 1, tzinfo=dt.UTC)), ZONE)

# SEEN is 2026-11-25 15:00 in Almaty, a Wednesday.
TIMES = {
    "вчера, 14:05": "2026-11-24 14:05",
    "Сегодня в 09:01": "2026-11-25 09:01",
    "кеше 23:59": "2026-11-24 23:59",
    "бүгін, 9:01": "2026-11-25 09:01",
    "позавчера, 10:00": "2026-11-23 10:00",
    "12 мар 2024, 14:05": "2024-03-12 14:05",
    "12 марта 2024 г. 21:00": "2024-03-12 21:00",
    "Вт мар 12, 2024 2:05 pm": "2024-03-12 14:05",
    "2024 ж. 12 наурыз, 14:05": "2024-03-12 14:05",
    "12 мамыр 2024 ж., 08:00": "2024-05-12 08:00",
    "12 маусым 2024": "2024-06-12 00:00",
    "3 қыркүйек 2024, 07:30": "2024-09-03 07:30",
    "12.03.2024, 14:05": "2024-03-12 14:05",
    "12-03-24 14:05": "2024-03-12 14:05",
    "2024-03-12 14:05:06": "2024-03-12 14:05",
    "Oct. 23, 2026, 8:59 p.m.": "2026-10-23 20:59",
    "Oct. 23, 2026, noon": "2026-10-23 12:00",
    "Oct. 23, 2026, 9 p.m.": "2026-10-23 21:00",
    "12:05 a.m. 3 May 2024": "2024-05-03 00:05",
    "Понедельник в 14:05": "2026-11-23 14:05",
    "среда, 14:05": "2026-11-18 14:05",
    "сенбі 14:05": "2026-11-21 14:05",
    "23 дек 14:05": "2025-12-23 14:05",
    "29 фев 10:00": "2024-02-29 10:00",
    "12 березня 2024, 14:05": "2024-03-12 14:05",
    "12 мар 2024 14:05 +0300": "2024-03-12 16:05",
    "12 мар 2024 14:05 UTC+03:00": "2024-03-12 16:05",
    "2024-03-12T14:05:06+03:00": "2024-03-12 16:05",
    "кеше, 14:05": "2026-11-24 14:05",
    "12 қаз. 2022": "2022-10-12 00:00",
    "12 қаз. 2022, 14:05": "2022-10-12 14:05",
    "12 қаң 2022, 14:05": "2022-01-12 14:05",
    "2022 жылғы 3 желтоқсан, 14:05": "2022-12-03 14:05",
    "дс, 12 қыр 2022, 14:05": "2022-09-12 14:05",
    "Сегодня, 14:05": "2026-11-25 14:05",
    "Вчера в 14:05:33": "2026-11-24 14:05",
    "Пн окт 03, 2022 2:05 pm": "2022-10-03 14:05",
    "03 окт 2022, 14:05": "2022-10-03 14:05",
    "12 Март 2012 - 14:05": "2012-03-12 14:05",
    "Mar 12, 2024 at 2:05 PM": "2024-03-12 14:05",
    "12.03.24 14:05": "2024-03-12 14:05",
    "14:05 12.03.2024": "2024-03-12 14:05",
    "12 мар 2024 14:05 UTC−03:00": "2024-03-12 22:05",
    "20/12/2026 14:05": "2026-12-20 14:05",
    "1710230706": "2024-03-12 13:05",
    "20.11.2026 15.15": "2026-11-20 15:15",
    "20 ноября 2026 в 9.05": "2026-11-20 09:05",
    "в 15.15, 20 ноября 2026": "2026-11-20 15:15",
    "Сергей, 12 мая 2024, 14:05": "2024-05-12 14:05",
    "Марта, 12 мая 2024, 14:05": "2024-05-12 14:05",
    "Там же, вчера в 14:05": "2026-11-24 14:05",
    "3 июня 2024 09:00": "2024-06-03 09:00",
    "3 июл 2024 09:00": "2024-07-03 09:00",
    "сәрсенбі, 14:05": "2026-11-18 14:05",
    "сейсенбі 14:05": "2026-11-24 14:05",
    # On 1 March 2024 the clocks of Almaty were set from midnight back to 23:00: UTC+6 became UTC+5.
    "29.02.2024 22:59": "2024-02-29 22:59",
    "01.03.2024 00:00": "2024-03-01 00:00",
}
AGO = {
    "3 сағат бұрын": 3 * 60,
    "бір сағат бұрын": 60,
    "5 минут бұрын": 5,
    "2 күн бұрын": 2 * 24 * 60,
    "3 часа назад": 3 * 60,
    "час назад": 60,
    "минуту назад": 1,
    "2 недели назад": 14 * 24 * 60,
    "3 hours ago": 3 * 60,
    "an hour ago": 60,
    "только что": 0,
    "жаңа ғана": 0,
    "2 часа 5 минут назад": 125,
    "1 час и 10 минут назад": 70,
    "1 hour, 5 minutes ago": 65,
    "полчаса назад": 30,
    "5 мин. назад": 5,
    "день назад": 24 * 60,
    "неделю назад": 7 * 24 * 60,
    "бір күн бұрын": 24 * 60,
    "екі күн бұрын": 2 * 24 * 60,
    "үш сағат бұрын": 180,
    "жарты сағат бұрын": 30,
    "полтора часа назад": 90,
    "пять минут назад": 5,
    "сейчас": 0,
}


@pytest.mark.parametrize("text", TIMES)
def test_a_day_and_a_time(text: str) -> None:
    moment = CLOCK.read(text, SEEN)
    assert (f"{moment.at.astimezone(ZONE):%Y-%m-%d %H:%M}", moment.exact) == (TIMES[text], True)


@pytest.mark.parametrize("text", AGO)
def test_how_long_ago(text: str) -> None:
    assert CLOCK.read(text, SEEN) == Moment(SEEN - dt.timedelta(minutes=AGO[text]), exact=False, lasting=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ерунда",
        "31 фев 2024",
        "32.13.2024",
        "12 марта 1970",
        "12 марта 2199",
        "99:99",
        "12.03",
        "Сергей, 14:05",
        "Марта, 14:05",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(RecordError):
        CLOCK.read(text, SEEN)


@pytest.mark.parametrize("text", ["вчера, 14:05", "бүгін, 9:01", "среда, 14:05", "14:05"])
def test_words_that_mean_another_day_tomorrow(text: str) -> None:
    assert not CLOCK.read(text, SEEN).lasting
    assert CLOCK.read("12 наурыз 2024, 14:05", SEEN).lasting


def test_the_hour_that_came_twice_when_kazakhstan_changed_its_zone() -> None:
    """Between 23:00 and midnight of 29 February 2024 the first of the two is taken; what follows is UTC+5."""
    moments = [CLOCK.read(text, SEEN).at for text in ("29.02.2024 22:30", "29.02.2024 23:30", "01.03.2024 00:30")]
    assert [f"{at:%d %H:%M}" for at in moments] == ["29 16:30", "29 17:30", "29 19:30"]


def test_american_order() -> None:
    american = ForumClock(CLOCK.clock, ZONE, day_first=False)
    assert american.read("03-12-2024, 02:05 PM", SEEN).at == CLOCK.read("12.03.2024 14:05", SEEN).at
    assert american.read("25-12-2024", SEEN).at == CLOCK.read("25.12.2024", SEEN).at


def test_the_order_of_day_and_month() -> None:
    """Dots are never month first; what would lie in the future was written the other way round."""
    american = ForumClock(CLOCK.clock, ZONE, day_first=False)
    for text, day in {"03-04-2024": "2024-03-04", "03.04.2024": "2024-04-03", "12-10-2026": "2026-10-12"}.items():
        assert f"{american.read(text, SEEN).at.astimezone(ZONE):%Y-%m-%d}" == day, text
    assert f"{CLOCK.read('10/12/2026', SEEN).at.astimezone(ZONE):%Y-%m-%d}" == "2026-10-12"


@given(st.text(max_size=60))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        moment = CLOCK.read(text, SEEN)
    except RecordError:
        return
    assert moment.at.tzinfo is not None
