"""The page and its API: what it shows, to whom, in which language, and what hostile input does to it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from analysis.periods import Days
from configs.loading import load
from configs.settings import Settings
from dashboard.access.passwords import hashed
from dashboard.api.v1 import safe_cell
from dashboard.app import create
from dashboard.words import LANGUAGES, texts
from pikir.cli.app import app as commands
from pikir.cli.dashboard import is_loopback
from storage.alerts import store_alert
from storage.cursors import write_cursor
from storage.database import Database, open_database
from storage.draws import store_draw
from storage.opinions import replace_opinions
from storage.posts import upsert_posts
from storage.records import Alert, Draw, DrawnPost, Opinion, Post, Share, Source
from storage.shares import replace_shares
from storage.sources import upsert_source
from storage.users import User, write_user

MODEL = "m"
HOSTILE = '<script>alert(1)</script> "quoted" \u202e' + "z\u0301" * 50
DAY = dt.datetime(2022, 10, 12, 12, tzinfo=dt.UTC)
HORIZON = Days(dt.date(2022, 10, 3), dt.date(2022, 10, 16))


def share(week: int, stance: str, value: float, group: str = "all", name: str = "") -> Share:
    starts = dt.date.fromisocalendar(2022, week, 1)
    return Share(
        "migrants", "week", f"2022-W{week}", starts, group, name, "people", "opinionated", stance, MODEL, value,
        value - 0.1, value + 0.1, 60, 40, 0, 40.0, 1.0, "pcc", True,
    )  # type: ignore[arg-type]  # fmt: skip


@pytest.fixture
def store(checkout: Path) -> Iterator[tuple[Settings, Database]]:
    settings = load(checkout / "configs")
    posts = [Post("chat", str(n), DAY + dt.timedelta(minutes=n), f"релоканты {n}", f"a{n}") for n in range(40)]
    posts.append(Post("chat", "evil", DAY, f"релоканты {HOSTILE}", "a9"))
    opinions = [Opinion("chat", one.native_id, "migrants", MODEL, 0.8, 0.1, 0.1, "against", 0, 9) for one in posts]
    with open_database(f"sqlite:///{checkout}/pikir.db") as database:
        with database.write() as c:
            upsert_source(c, Source("chat", "group", title="=cmd()", region="Almaty"))
            upsert_posts(c, posts)
            replace_opinions(c, [(one.source, one.native_id) for one in posts], MODEL, opinions)
            shares = [share(w, s, v) for w in (40, 41) for s, v in (("against", 0.3 + w / 1000), ("favor", 0.6))]
            shares.append(share(41, "against", 0.4, "source", "=cmd()"))
            replace_shares(
                c, target="migrants", model=MODEL, by="week", periods=["2022-W40", "2022-W41"], shares=shares
            )
            write_cursor(c, f"estimate:{MODEL}:x", "{}")
            store_alert(
                c,
                Alert("r", "migrants", "all", "all", "2022-10-05", "mentions", 90, 20, 40, 9.0,
                      explanation={"typical": [HOSTILE]}),
                [],
            )  # fmt: skip
            draw = Draw("migrants", "2022-W40", DAY, DAY + dt.timedelta(days=7), MODEL, 0, 40, 41,
                        {"against": (40, 2)}, DAY)  # fmt: skip
            store_draw(c, draw, [DrawnPost(0, "chat", str(n), n, "against", 0.05, 1) for n in range(2)])
        yield settings, database


@pytest.fixture
def client(store: tuple[Settings, Database]) -> TestClient:
    return TestClient(create(*store, local=True), follow_redirects=False)


PAGES = ("/", "/trends?target=migrants", "/polls", "/alerts", "/alerts/1", "/posts", "/audit", "/sources", "/method")


def token_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_there_in_every_language_and_runs_nothing_of_others(
    client: TestClient, page: str, language: str
) -> None:
    answer = client.get(page + ("&" if "?" in page else "?") + f"lang={language}")
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert "<script>alert" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"<script(?! src=\"/static/)|\son\w+=|style=", answer.text)


def test_the_languages_have_the_same_texts_with_the_same_gaps() -> None:
    gaps = [
        {key: sorted(re.findall(r"{\w+}", text)) for key, text in texts(language).items()} for language in LANGUAGES
    ]
    assert gaps[0] == gaps[1] == gaps[2]


def test_a_figure_leads_to_its_posts_and_the_numbers_are_those_of_the_api_and_the_command(
    client: TestClient, store: tuple[Settings, Database], checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overview = client.get("/?lang=en").text
    assert "34%" in overview
    link = re.search(r'href="(/posts\?[^"]+)"[^>]*>34%', overview)
    assert link
    evidence = client.get(link[1].replace("&amp;", "&")).text
    assert "41 found" in evidence
    assert "<mark>релоканты</mark>" in evidence
    rows = client.get("/api/v1/trends?target=migrants").json()["rows"]
    table = list(csv.DictReader(io.StringIO(client.get("/api/v1/trends.csv?target=migrants").text)))
    assert [float(row["share"]) for row in table] == [row["share"] for row in rows]
    monkeypatch.setattr("pikir.cli.listings.current_model", lambda settings: MODEL)
    words = ["trends", "migrants", "--format", "json", "--config", str(checkout / "configs")]
    told = CliRunner().invoke(commands, [*words, "--database", f"sqlite:///{checkout}/pikir.db"])
    assert [row["share"] for row in json.loads(told.stdout)] == [row["share"] for row in rows]


def test_charts_come_as_specification_and_as_picture(client: TestClient) -> None:
    specification = client.get("/trends/chart.json?target=migrants&smooth=true").json()
    assert specification["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert client.get("/trends/chart.svg?target=migrants").text.startswith("<svg")
    assert client.get("/trends/chart.png?target=migrants").content.startswith(b"\x89PNG")
    assert client.get("/trends/chart.json?target=russia").status_code == 404


def test_posts_are_found_by_words_in_any_form(client: TestClient) -> None:
    assert client.get("/api/v1/posts?q=релокантами").json()["found"] == 41
    assert client.get("/api/v1/posts?q=вертолёт").json()["found"] == 0
    page = client.get("/api/v1/posts?limit=30").json()
    rest = client.get(f"/api/v1/posts?limit=30&after={page['next']}").json()
    assert len(page["rows"]) + len(rest["rows"]) == 41
    assert "author" not in page["rows"][0], "pikir tells how many hold a view, never who"


def test_no_cell_is_a_formula(client: TestClient) -> None:
    answer = client.get("/api/v1/trends.csv?target=migrants&group=source")
    assert "'=cmd()" in answer.text
    assert [safe_cell(value) for value in ("@x", "-1", -1.0, "ok", None)] == ["'@x", "'-1", -1.0, "ok", None]


def test_an_unchanged_answer_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/api/v1/polls")
    again = client.get("/api/v1/polls", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_labels_are_given_skipped_and_taken_back(client: TestClient) -> None:
    page = client.get("/audit?target=migrants&lang=en").text
    assert "0 of 2 labelled" in page
    assert "0.8" not in page, "who labels does not see the model's answer"
    number = re.search(r'name="native_id" value="(\w+)"', page)
    assert number
    fields = {"csrf": token_of(page), "target": "migrants", "source": "chat", "native_id": number[1]}
    assert client.post("/audit/against", data=fields).status_code == 303
    assert "1 of 2 labelled" in client.get("/audit").text
    assert client.post("/audit/undo", data=fields).status_code == 303
    assert "0 of 2 labelled" in client.get("/audit").text


def test_an_alert_is_acknowledged_annotated_and_its_rule_muted(client: TestClient) -> None:
    token = token_of(client.get("/alerts/1?lang=en").text)
    for action, more in (("note", {"note": "<b>looked</b>"}), ("acknowledge", {}), ("mute", {"days": "3"})):
        assert client.post(f"/alerts/1/{action}", data={"csrf": token, **more}).status_code == 303
    page = client.get("/alerts/1").text
    assert "acknowledged" in page
    assert "&lt;b&gt;looked&lt;/b&gt;" in page
    assert "is muted until" in client.get("/alerts").text


def test_a_form_without_the_pages_token_or_from_elsewhere_changes_nothing(client: TestClient) -> None:
    token = token_of(client.get("/alerts/1").text)
    assert client.post("/alerts/1/acknowledge", data={}).status_code == 403
    assert client.post("/alerts/1/acknowledge", data={"csrf": "0" * 64}).status_code == 403
    elsewhere = {"origin": "https://evil.example"}
    assert client.post("/alerts/1/acknowledge", data={"csrf": token}, headers=elsewhere).status_code == 403
    assert client.get("/api/v1/alerts").json()["rows"][0]["state"] == "open"


def test_with_users_everybody_signs_in_and_roles_hold(store: tuple[Settings, Database]) -> None:
    settings, database = store
    with database.write() as c:
        write_user(c, User("vera", "viewer", hashed("a long password")))
    client = TestClient(create(settings, database, local=False), follow_redirects=False)
    assert client.get("/alerts").headers["location"] == "/sign-in?next=/alerts"
    assert client.get("/api/v1/alerts").status_code == 401
    page = client.get("/sign-in?next=//evil.example").text
    fields = {"csrf": token_of(page), "name": "vera", "next": "//evil.example"}
    assert client.post("/sign-in", data={**fields, "password": "wrong one"}).status_code == 401
    before = client.cookies["pikir"]
    answer = client.post("/sign-in", data={**fields, "password": "a long password"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.cookies["pikir"] != before, "a session fixed beforehand is worth nothing"
    alert = client.get("/alerts/1").text
    assert client.post("/alerts/1/acknowledge", data={"csrf": token_of(alert)}).status_code == 403
    client.post("/sign-out", data={"csrf": token_of(alert)})
    assert client.get("/alerts").status_code == 303


def test_guessing_is_slowed_down(store: tuple[Settings, Database]) -> None:
    client = TestClient(create(*store, local=True))
    token = token_of(client.get("/sign-in").text)
    guess = {"csrf": token, "name": "vera", "password": "guess"}
    codes = [client.post("/sign-in", data=guess).status_code for _ in range(7)]
    assert codes[:5] == [401] * 5
    assert codes[-1] == 429


def test_another_name_for_this_address_is_refused(client: TestClient) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    "address",
    [
        "/trends?target=nobody",
        "/posts?stance=angry",
        "/posts?period=X",
        "/alerts/99",
        "/nowhere",
        "/posts?after=x",
    ],
)
def test_what_is_not_there_says_so(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code in (404, 422)
    assert "Traceback" not in answer.text


def test_an_open_address_without_users_is_refused_with_the_remedy(checkout: Path) -> None:
    words = ["dashboard", "--host", "0.0.0.0", "--config", str(checkout / "configs")]
    result = CliRunner().invoke(commands, [*words, "--database", f"sqlite:///{checkout}/x.db"])
    assert result.exit_code != 0
    assert "pikir users add" in str(result.exception)
    assert [is_loopback(one) for one in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "example.org")] == [
        *(True, True, True),
        *(False, False),
    ]


def test_users_are_added_listed_and_removed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIKIR_CONFIG", str(checkout / "configs"))
    monkeypatch.setenv("PIKIR_DATABASE", f"sqlite:///{checkout}/x.db")
    run = CliRunner().invoke
    assert run(commands, ["users", "add", "ann", "--role", "coder", "--password", "short"]).exit_code != 0
    assert run(commands, ["users", "add", "ann", "--role", "coder", "--password", "long enough"]).exit_code == 0
    assert len(run(commands, ["users", "token", "ann"]).stdout.strip()) > 30
    told = json.loads(run(commands, ["users", "list", "--format", "json"]).stdout)
    assert told == [{"name": "ann", "role": "coder", "tokens": "api"}]
    assert run(commands, ["users", "remove", "ann"]).exit_code == 0
    assert run(commands, ["users", "remove", "ann"]).exit_code != 0
