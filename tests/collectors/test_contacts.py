"""Contacts become tokens; money, dates, years, prices and ordinary numbers stay."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collectors.contacts import mask_contacts


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("звоните +7 701 123 45 67 днём", "звоните [phone] днём"),
        ("+77011234567", "[phone]"),
        ("+7(701)123-45-67", "[phone]"),
        ("+7.701.123.45.67", "[phone]"),
        ("8 (727) 250-12-34", "[phone]"),
        ("8-701-123-45-67, 8 777 1234567", "[phone], [phone]"),
        ("87011234567 87017654321", "[phone] [phone]"),
        ("тел87011234567", "тел[phone]"),
        ("8 701 123 45 67 500 тенге", "[phone] 500 тенге"),
        ("7011234567", "[phone]"),
        ("(705) 123 45 67", "[phone]"),
        ("705 123-45-67", "[phone]"),
        ("+996 555 123 456", "[phone]"),
        ("998901234567", "[phone]"),
        ("+49 170 1234567", "[phone]"),
        ("wa.me/77011234567", "[phone]"),
        ("https://wa.me/77011234567", "[phone]"),
        ("карта 4400 4301 2345 6785", "карта 4400 4301 2345 6785"),
        ("карта 4111 1111 1111 1111", "карта [card]"),
        ("карта 4111111111111111!", "карта [card]!"),
        ("ИИН 900115300123", "ИИН [id]"),
        ("пишите на ivan.petrov+1@mail.example.kz.", "пишите на [email]."),
        ("почта:иван@почта.рф", "почта:[email]"),
        ("@aidos_k согласен", "[user] согласен"),
        ("(@aidos_k)", "([user])"),
        ("https://t.me/aidos_k", "[user]"),
        ("t.me/aidos_k?start=1", "[user]"),
        ("tg://user?id=12345", "[user]"),
        ("https://vk.com/id12345", "[user]"),
        ("https://t.me/+AbCdEf123-_ и t.me/joinchat/AbCd", "[invite] и [invite]"),
        ("tg://join?invite=AbC", "[invite]"),
    ],
)
def test_contacts_are_masked(text: str, masked: str) -> None:
    assert mask_contacts(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "2 000 000 тенге",
        "85 000 000 000 тенге",
        "12.10.2022",
        "12.10.2022 12.10.2023, 08.10.2022-09.10.2022",
        "2022-10-12 10:00:00",
        "350 000-400 000",
        "350 000 - 400 000",
        "800 000-900 000",
        "85 000-900 000 тенге",
        "8 500-9 500 000",
        "7 900 000-8 000 000",
        "+2 000 000 000 тенге",
        "+500 000-600 000 человек",
        "в 2021, 2022, 2023 и 2024 годах",
        "цена 1 299 999,90",
        "75 80 85 90 100 110",
        "курс 478,87011234567",
        "3.87654321098",
        "1665541200",
        "100000000000",
        "ИНН 7717654810",
        "6731b1219a79470463183d4a",
        "https://site.kz/news/78123456789-slug",
        "https://t.me/tengrinews/12345",
        "https://t.me/s/tengrinews",
        "https://t.me/c/1234567890/17",
        "счёт 3:2, 18+",
        "e = mc @ 100%",
        "a@b",
    ],
)
def test_ordinary_numbers_and_public_links_stay(text: str) -> None:
    assert mask_contacts(text) == text


@given(
    code=st.sampled_from(["700", "701", "705", "747", "775", "778", "727", "916", "495"]),
    number=st.text("0123456789", min_size=7, max_size=7),
    style=st.sampled_from(
        [
            "+7{c}{a}{b}{d}",
            "+7 {c} {a} {b} {d}",
            "8({c}){a}-{b}-{d}",
            "8 {c} {a}-{b}-{d}",
            "+7-{c}-{a}-{b}-{d}",
            "8{c}{a}{b}{d}",
        ]
    ),
    around=st.sampled_from(["{}", "тел. {}", "{}, звонить", "({})", "Сдам квартиру {} недорого"]),
)
def test_phones_of_kazakhstan_and_russia_never_get_through(code: str, number: str, style: str, around: str) -> None:
    phone = style.format(c=code, a=number[:3], b=number[3:5], d=number[5:])
    assert mask_contacts(around.format(phone)) == around.format("[phone]")


@given(
    st.integers(0, 10**12), st.sampled_from([" ", "\u00a0", ","]), st.sampled_from(["тенге", "₸", "рублей", "человек"])
)
def test_sums_in_thousands_stay(amount: int, separator: str, unit: str) -> None:
    text = f"{amount:,} {unit}".replace(",", separator)
    assert mask_contacts(text) == text


@given(st.dates(), st.dates(), st.sampled_from(["%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y", "%d %m %Y"]))
def test_dates_stay(first: object, second: object, style: str) -> None:
    text = f"с {first:{style}} по {second:{style}}"
    assert mask_contacts(text) == text


@given(st.text())
@example("@aaaa@bbb.cc https://t.me/+a87011234567 +7 701 123 45 67@x.kz")
@example("https://https://t.me/abcd")
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask_contacts(text)
    assert mask_contacts(once) == once


@pytest.mark.parametrize(
    "unit", ["8 ", "1", "a", "a.", "@", "a@", "+7 ", "8-", "t.me/", "1 1-", "( 8", "a@b.", "https://", "0000 "]
)
def test_a_megabyte_takes_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        started = time.process_time()
        mask_contacts(text)
        return time.process_time() - started

    # Ten times the length: quadratic time would take a hundred times as long.
    small = max(min(seconds(100_000) for _ in range(2)), 0.005)
    assert seconds(1_000_000) < 40 * small


def test_numbers_that_stand_against_each_other_are_all_masked_at_once() -> None:
    """Found by fuzzing: the second number was seen only where the first was a token already."""
    masked = mask_contacts("Позвоните +7 701 123 45 6+7 701 123 45 677")
    assert masked == "Позвоните [phone][phone]"
    assert mask_contacts(masked) == masked
