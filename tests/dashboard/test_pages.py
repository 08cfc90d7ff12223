"""What the pages and the API answer, and what hostile texts do to them: nothing."""

import csv
import io
import re

import pytest
from starlette.testclient import TestClient

import pikir.notebook
from configs.loading import load
from dashboard.words import LANGUAGES, texts, words_of
from storage.alerts import store_alert
from storage.audits import audit_frame, corrections
from storage.database import Database
from storage.records import Alert, Share
from storage.shares import replace_shares, share_frame

PAGES = (
    "/",
    "/trends/migrants",
    "/polls/migrants",
    "/alerts",
    "/alerts/1",
    "/posts",
    "/audit/migrants",
    "/audit/migrants/adjudicate",
    "/audit/migrants/progress",
    "/sources",
    "/method",
)


def test_a_number_is_not_torn_from_its_sign() -> None:
    assert [words_of(language).interval(0.34, 0.5) for language in ("en", "ru", "kk")] == [
        "34–50%", "34–50\u00a0%", "34–50\u00a0%",
    ]  # fmt: skip


def test_what_was_read_is_told_in_the_language_of_the_page(page: TestClient) -> None:
    assert "Мигранты: против" in page.get("/posts?lang=ru").text


def csrf(page: TestClient, path: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.get(path).text)
    assert found
    return found[1]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_every_page_in_every_language(page: TestClient, path: str, language: str) -> None:
    answer = page.get(path, params={"lang": language})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*src=)|style=|\son\w+=", answer.text.split("<article")[0])


def test_the_language_that_was_chosen_is_kept(page: TestClient) -> None:
    page.get("/", params={"lang": "kk"})
    assert "Шолу" in page.get("/").text


def test_hostile_texts_are_shown_as_text(page: TestClient) -> None:
    shown = page.get("/posts", params={"target": "migrants"}).text
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert "&lt;script&gt;" in shown
    assert "secret" not in shown
    assert len(shown) < 40_000


def test_csv_runs_no_formula(page: TestClient) -> None:
    for path in ("/api/v1/posts?format=csv", "/api/v1/alerts?format=csv"):
        for row in csv.DictReader(io.StringIO(page.get(path).text)):
            assert not any(value.startswith(("=", "@", "\t")) for value in row.values())


def test_the_figure_is_the_same_on_page_and_in_api(page: TestClient) -> None:
    rows = page.get("/api/v1/trends/migrants").json()["rows"]
    last = next(row for row in rows if row["period"] == "2022-W40" and row["stance"] == "against")
    assert last["share"] == 0.55
    assert "55%" in page.get("/", params={"lang": "en"}).text
    spec = page.get("/charts/trend/migrants.json").text
    assert "0.55" in spec


def test_the_method_and_what_it_takes_for_granted_stand_beside_the_numbers(page: TestClient) -> None:
    shown = page.get("/trends/migrants?lang=en").text
    assert "<td>pcc</td>" in shown
    assert "they are calibrated among these posts" in shown
    assert "emq: the model" not in shown, "only methods that the table has"
    row = page.get("/api/v1/trends/migrants").json()["rows"][0]
    assert {"method", "n_labels", "n_eff", "deff", "top_author_share", "near_duplicate_share"} <= set(row)


def test_pages_of_the_api_and_etag(page: TestClient) -> None:
    first = page.get("/api/v1/trends/migrants", params={"limit": 1, "offset": 1})
    assert (first.json()["total"], len(first.json()["rows"])) == (4, 1)
    again = page.get(
        "/api/v1/trends/migrants", params={"limit": 1, "offset": 1}, headers={"if-none-match": first.headers["etag"]}
    )
    assert again.status_code == 304
    one = page.get("/api/v1/posts", params={"limit": 3}).json()
    two = page.get("/api/v1/posts", params={"limit": 3, "after": one["next"]}).json()
    assert [row["native_id"] for row in one["rows"] + two["rows"]] == ["3", "2", "1", "0"]
    assert two["next"] == ""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/trends/nobody", 404), ("/api/v1/trends/nobody", 404), ("/alerts/99", 404), ("/nowhere", 404),
        (f"/alerts/{10**30}", 404), ("/posts?after=x", 422), ("/api/v1/posts?period=2022-W99", 422),
        ("/api/v1/trends/migrants?by=year", 422), ("/api/v1/polls?target=nobody", 404),
        ("/posts?target=nobody", 404), ("/api/v1/posts?target=nobody", 404),
    ],
)  # fmt: skip
def test_bad_addresses_are_told(page: TestClient, path: str, status: int) -> None:
    assert page.get(path).status_code == status


def test_search_folds_and_stems(page: TestClient) -> None:
    assert len(page.get("/api/v1/posts", params={"q": "мигрантами"}).json()["rows"]) == 4
    assert page.get("/api/v1/posts", params={"q": '"'}).status_code == 200


def test_an_alert_is_acknowledged_noted_and_muted(page: TestClient) -> None:
    token = csrf(page, "/alerts/1")
    for what, fields in (
        ("acknowledge", {"note": "<b>seen</b>"}),
        ("note", {"note": "more"}),
        ("mute", {"hours": "2"}),
    ):
        answer = page.post(f"/alerts/1/{what}", data={"csrf": token, **fields}, follow_redirects=False)
        assert answer.status_code == 303
    shown = page.get("/alerts/1", params={"lang": "en"}).text
    assert "taken note of by local" in shown
    assert "&lt;b&gt;seen" in shown
    assert "Muted: =cmd" in shown


@pytest.mark.parametrize("form", ["svg", "png"])
def test_charts_without_scripts(page: TestClient, form: str) -> None:
    for path in ("trend/migrants", "polls/migrants", "coverage"):
        answer = page.get(f"/charts/{path}.{form}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("image/")


def test_the_chart_of_an_alert_can_be_taken_away(page: TestClient, database: Database) -> None:
    series = [
        {"time": f"2022-10-0{day}", "observed": day, "expected": 2.0, "upper": 5.0, "alert": day == 9}
        for day in range(1, 10)
    ]
    alert = Alert("rule", "migrants", "all", "", "2022-10-09", "mentions", 9.0, 2.0, 5.0, 2.0,
                  explanation={"series": series})  # fmt: skip
    with database.write() as c:
        stored = store_alert(c, alert, [])
    assert stored
    id = stored.id
    shown = page.get(f"/alerts/{id}").text
    for form, media, begins in (
        ("csv", "text/csv", b"time,observed,expected,upper,alert\n2022-10-01,1,2.0,5.0,False\n"),
        ("json", "application/json", b"{"), ("svg", "image/svg+xml", b"<svg"), ("png", "image/png", b"\x89PNG"),
    ):  # fmt: skip
        assert f'href="/alerts/{id}/chart.{form}"' in shown
        answer = page.get(f"/alerts/{id}/chart.{form}")
        assert answer.headers["content-type"].startswith(media)
        assert answer.content.startswith(begins)
    assert page.get("/alerts/1/chart.png").status_code == 404, "it keeps no series"


def test_one_series_of_a_split_is_chosen_named_and_left_again(page: TestClient, database: Database) -> None:
    with database.write() as c:
        whole = share_frame(c, target="migrants", by="week", model="trial-1").to_dicts()
        replace_shares(
            c, target="migrants", model="trial-1", by="week", periods=["2022-W39", "2022-W40"],
            shares=[Share(**{**row, "group": group, "value": value}) for row in whole
                    for group, value in (("all", ""), ("source", "trial"), ("source", "other"), ("language", "ru"))],
        )  # fmt: skip
    every = page.get("/trends/migrants?group=source&smooth=true&lang=en").text
    assert 'href="/trends/migrants?group=source&amp;value=trial&amp;smooth=true"' in every
    one = page.get("/trends/migrants?group=source&value=trial").text
    assert "source: <strong>Trial</strong>" in one
    assert '<option value="trial" selected>' in one
    assert "value=trial" in re.findall(r'data-spec="([^"]+)"', one)[0]
    other = page.get("/trends/migrants?group=language&value=trial").text
    assert "value=trial" not in re.findall(r'data-spec="([^"]+)"', other)[0], (
        "a source is no language: every language is shown"
    )
    assert "Nothing for this choice" in page.get("/trends/migrants?from=2030-01-01").text


def test_posts_are_narrowed_by_what_there_is(page: TestClient) -> None:
    shown = page.get("/posts?target=migrants&language=ru&voice=person&lang=en").text
    for option in ('value="ru" selected', 'value="person" selected', 'value="trial"', 'value="rising_costs"'):
        assert f"<option {option}" in shown
    assert shown.count("<article") == 4
    assert page.get("/posts?language=kk").text.count("<article") == 0


def test_a_correction_is_shown_to_whom_made_it_and_enters_no_estimate(page: TestClient, database: Database) -> None:
    before = page.get("/api/v1/trends/migrants").content
    shown = page.get("/posts?target=migrants").text
    fields = dict(re.findall(r'name="(csrf|source|native_id|target)" value="([^"]*)"', shown.split("<details>")[1]))
    back = "/posts?target=migrants"
    assert page.post("/posts/wrong", data={**fields, "label": "favor", "back": back}).url.path == "/posts"
    shown = page.get("/posts?target=migrants&lang=en").text
    assert shown.count("You said: in favour") == 1
    with database.read() as c:
        frame = audit_frame(c)
        assert frame.select("label", "inclusion_probability").rows() == [("favor", None)]
        assert corrections(c, "somebody else", [("trial", frame["native_id"][0])]) == {}
    assert page.get("/api/v1/trends/migrants").content == before


def test_what_was_not_collected_is_told_first(page: TestClient, database: Database) -> None:
    with database.write() as c:
        alert = Alert("coverage", "", "source", "trial", "2022-10-05", "posts", 0.0, 9.0, 9.0, 2.0, kind="coverage")
        assert store_alert(c, alert, [])
    assert "Open alert about collecting: trial" in page.get("/?lang=en").text


def test_a_notebook_tells_the_same_change_and_refuses_what_there_is_not(page: TestClient, database: Database) -> None:
    monitor = pikir.notebook.Monitor(load(), database)
    for since in ("week", "2022-10-03"):
        told = monitor.changes("migrants", since=since).to_dicts()
        assert told == page.get("/api/v1/trends/migrants", params={"since": since}).json()["rows"]
        assert [row["p_rise"] > 0.5 for row in told] == [True, False]
    with pytest.raises(ValueError, match="by='year': give one of 'day', 'week', 'month'"):
        monitor.trends("migrants", by="year")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="among='some'"):
        monitor.chart("migrants", among="some")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="since 'the flood'"):
        monitor.changes("migrants", since="the flood")


def test_every_language_says_everything_and_nothing_else() -> None:
    gaps = {
        language: {key: sorted(re.findall(r"{\w+}", text)) for key, text in texts(language).items()}
        for language in LANGUAGES
    }
    assert gaps["ru"] == gaps["en"]
    assert gaps["kk"] == gaps["en"]
    assert all(text.strip() for language in LANGUAGES for text in texts(language).values())


def test_openapi_lists_the_api_alone(page: TestClient) -> None:
    paths = page.get("/api/v1/openapi.json").json()["paths"]
    assert sorted(paths) == [f"/api/v1/{name}" for name in ("alerts", "polls", "posts", "sources", "trends/{target}")]
