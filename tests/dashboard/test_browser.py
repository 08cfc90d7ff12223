"""The page in a real browser: charts, keys, languages, signing in, a download; and no error on the console."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from disputed import disagree, draw_four
from page_trial import PASSWORD

from dashboard.access.passwords import hashed
from storage.audits import adjudication_frame, audit_frame
from storage.database import Database
from storage.draws import store_draw
from storage.records import Draw, DrawnPost
from storage.users import User, write_user


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A page on which no error may come up."""
    page = browser.new_page()
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


def test_from_a_figure_to_its_posts_and_back(address: str, tab: Any) -> None:
    tab.goto(f"{address}/?lang=en")
    tab.click(".figure.against .big a")
    assert tab.locator("article.post").count() == 4
    tab.go_back()
    assert tab.locator(".figure.against .big a").is_visible()


def test_a_chart_is_drawn_and_an_alert_acknowledged(address: str, tab: Any) -> None:
    tab.goto(f"{address}/trends/migrants?lang=en")
    tab.wait_for_selector(".vega canvas")
    tab.goto(f"{address}/alerts/1")
    tab.click("button.main")
    assert "taken note of by local" in tab.inner_text("main")


def test_a_form_with_fields_left_empty_shows_what_was_asked(address: str, tab: Any) -> None:
    tab.goto(f"{address}/trends/migrants?lang=en")
    tab.select_option("select[name=by]", "month")
    tab.click(".filters button")
    assert tab.locator("select[name=by]").input_value() == "month"
    tab.goto(f"{address}/posts?target=migrants&stance=against&lang=en")
    tab.select_option("select[name=stance]", "")
    tab.click(".filters button")
    assert tab.locator("article.post").count() == 4


def test_every_page_in_every_language_has_a_clean_console(address: str, tab: Any) -> None:
    names = {"en": "Sources", "ru": "Источники", "kk": "Дереккөздер"}
    tab.goto(f"{address}/?lang=en")
    for language, sources in names.items():
        tab.click(f".languages a[lang={language}]")
        assert tab.get_attribute("html", "lang") == language
        assert sources in tab.inner_text("nav")
        for page in ("trends/migrants", "polls", "alerts", "posts", "audit", "sources", "method"):
            tab.goto(f"{address}/{page}")
            assert tab.get_attribute("html", "lang") == language, "a language that was chosen stays"


def test_labels_are_given_and_taken_back_by_keys(address: str, tab: Any, database: Database) -> None:
    noon = dt.datetime(2022, 10, 5, 12, tzinfo=dt.UTC)
    strata = {"against": (4, 2)}
    draw = Draw("migrants", "2022-W40", noon, noon + dt.timedelta(days=7), "trial-1", 0, 4, 4, strata, noon)
    with database.write() as c:
        store_draw(c, draw, [DrawnPost(0, "trial", str(n), n, "against", 0.5, 1) for n in range(2)])
    tab.goto(f"{address}/audit/migrants")
    for key in ("1", "3"):
        with tab.expect_navigation():
            tab.keyboard.press(key)
    with database.read() as c:
        assert sorted(audit_frame(c)["label"].to_list()) == ["against", "favor"]
    with tab.expect_navigation():
        tab.keyboard.press("u")
    with database.read() as c:
        assert audit_frame(c)["label"].to_list() == ["against"]


def test_disagreements_are_settled_by_keys(address: str, tab: Any, database: Database) -> None:
    draw_four(database, "trial-1")
    disagree(database)
    tab.goto(f"{address}/audit/migrants?lang=en")
    tab.wait_for_selector("#progress .draw")
    assert "2 to settle" in tab.inner_text("#progress")
    with tab.expect_navigation():
        tab.click("text=2 to settle")
    for key in ("s", "2", "3", "u", "1"):
        with tab.expect_navigation():
            tab.keyboard.press(key)
    assert "Nothing to settle" in tab.inner_text("main")
    with database.read() as c:
        assert sorted(adjudication_frame(c)["label"].to_list()) == ["against", "neutral"]


def test_numbers_can_be_taken_away(address: str, tab: Any) -> None:
    tab.goto(f"{address}/trends/migrants?lang=en")
    with tab.expect_download() as taken:
        tab.click("text=CSV")
    assert taken.value.path().read_text(encoding="utf-8").startswith("target,by,period")


def test_signing_in_and_out(address: str, tab: Any, database: Database) -> None:
    with database.write() as c:
        write_user(c, User("aigerim", "coder", hashed(PASSWORD)))
    tab.goto(f"{address}/alerts?lang=en")
    tab.fill("input[name=name]", "aigerim")
    tab.fill("input[name=password]", PASSWORD)
    tab.click("form.stack button")
    assert tab.url == f"{address}/alerts?lang=en", "back to where one wanted to go"
    tab.click("text=aigerim")
    tab.goto(f"{address}/alerts")
    assert "/login" in tab.url
