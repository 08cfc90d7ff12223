"""Who may see and do what."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from page_trial import PASSWORD
from starlette.testclient import TestClient
from typer.testing import CliRunner

import configs
from configs.loading import load
from dashboard.access.passwords import hashed
from dashboard.app import create_app
from pikir.cli.app import app
from storage.database import Database
from storage.users import User, add_token, write_user

Opened = Callable[..., TestClient]


@pytest.fixture
def opened(database: Database) -> Opened:
    """Opens the page with some settings of `dashboard:` changed."""

    def page(client: str = "127.0.0.1", **changes: object) -> TestClient:
        known = load()
        told = known.monitor.dashboard.model_copy(update=changes)
        settings = known.model_copy(update={"monitor": known.monitor.model_copy(update={"dashboard": told})})
        app = create_app(settings, database, local=True)
        return TestClient(app, base_url="http://localhost", client=(client, 50_000))

    return page


def token_of(text: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', text)
    assert found
    return found[1]


def sign_in(page: TestClient, name: str, password: str = PASSWORD) -> int:
    fields = {"name": name, "password": password, "next": "/", "csrf": token_of(page.get("/login").text)}
    return page.post("/login", data=fields, follow_redirects=False).status_code


@pytest.mark.parametrize(
    ("words", "setting", "said"),
    [
        (["--host", "0.0.0.0"], "", "--host 0.0.0.0 can be reached from other computers"),
        ([], "trusted_header: X-Forwarded-User", "dashboard: trusted_header says"),
        ([], "hosts: [pikir.example.org]", "dashboard: hosts says"),
    ],
)
def test_it_does_not_start_where_others_come_in_without_users(
    tmp_path: Path, words: list[str], setting: str, said: str
) -> None:
    folder = tmp_path / "configs"
    shutil.copytree(Path(configs.__file__).parent, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    with (folder / "monitor.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\ndashboard: {{{setting}}}\n")
    place = ["--config", str(folder), "--database", f"sqlite:///{tmp_path / 'empty.db'}"]
    result = CliRunner().invoke(app, ["dashboard", *words, *place])
    assert result.exit_code
    assert said in str(result.exception)
    assert "there are no users: add one first (pikir users add" in str(result.exception)


def test_a_header_is_believed_of_the_proxy_alone_and_where_it_is_named(opened: Opened, database: Database) -> None:
    with database.write() as c:
        write_user(c, User("aigerim", "viewer", hashed(PASSWORD)))
    named = {"x-forwarded-user": "aigerim"}
    behind = {"trusted_header": "X-Forwarded-User", "trusted_proxies": ("10.0.0.2",)}
    assert opened("10.0.0.2", **behind).get("/api/v1/alerts", headers=named).status_code == 200
    for page, headers in (
        (opened("10.0.0.2"), named),
        (opened("10.0.0.3", **behind), named),
        (opened("10.0.0.2", **behind), {"x-forwarded-user": "nobody"}),
        (opened("10.0.0.2", **behind), {"x-remote-user": "aigerim"}),
    ):
        assert page.get("/api/v1/alerts", headers=headers).status_code == 401


def test_the_api_answers_so_many_requests_a_minute(opened: Opened) -> None:
    page = opened(requests_per_minute=3)
    answers = [page.get("/api/v1/alerts") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[3].headers["retry-after"]) <= 20
    assert "wait" in answers[3].json()["detail"]
    assert page.get("/alerts").status_code == 200, "pages are no part of it"


def test_cookies_keep_to_https_where_it_is_configured(opened: Opened) -> None:
    for https in (True, False):
        answer = opened(https=https).get("/login")
        assert ("secure" in answer.headers["set-cookie"].lower()) == https
        assert ("strict-transport-security" in answer.headers) == https


def test_with_users_everybody_signs_in(guarded: TestClient) -> None:
    asked = guarded.get("/trends/migrants", follow_redirects=False)
    assert asked.status_code == 303
    assert asked.headers["location"] == "/login?next=%2Ftrends%2Fmigrants"
    assert guarded.get("/api/v1/alerts").status_code == 401
    assert sign_in(guarded, "a-viewer") == 303
    assert guarded.get("/trends/migrants", follow_redirects=False).status_code == 200
    guarded.post("/logout", data={"csrf": token_of(guarded.get("/").text)})
    assert guarded.get("/", follow_redirects=False).status_code == 303


def test_a_role_bounds_what_may_be_done(guarded: TestClient) -> None:
    sign_in(guarded, "a-viewer")
    page = guarded.get("/").text
    assert 'href="/audit"' not in page, "nobody is sent where he may not go"
    token = token_of(page)
    assert guarded.post("/alerts/1/acknowledge", data={"csrf": token}).status_code == 403
    assert guarded.get("/audit/migrants").status_code == 403
    guarded.post("/logout", data={"csrf": token})
    sign_in(guarded, "a-coder")
    assert 'href="/audit"' in guarded.get("/").text


def test_a_form_from_elsewhere_is_refused(page: TestClient) -> None:
    token = token_of(page.get("/alerts/1").text)
    assert page.post("/alerts/1/acknowledge", data={}).status_code == 403
    assert page.post("/alerts/1/acknowledge", data={"csrf": "0" * 64}).status_code == 403
    elsewhere = {"origin": "http://evil.example"}
    assert page.post("/alerts/1/acknowledge", data={"csrf": token}, headers=elsewhere).status_code == 403


def test_failed_sign_ins_have_to_wait(guarded: TestClient) -> None:
    assert [sign_in(guarded, "a-coder", "wrong") for _ in range(6)] == [401] * 5 + [429]
    assert sign_in(guarded, "a-coder") == 429


def test_behind_a_proxy_a_strangers_failures_make_nobody_else_wait(opened: Opened) -> None:
    proxied = opened(address_header="X-Forwarded-For")
    for number, where in enumerate(["198.51.100.7"] * 6 + ["203.0.113.1, 203.0.113.9"]):
        proxied.headers["x-forwarded-for"] = where
        assert sign_in(proxied, f"nobody-{number}", "wrong") == (429 if number == 5 else 401)
    proxied.headers["x-forwarded-for"] = "203.0.113.9, 198.51.100.7"
    assert sign_in(proxied, "nobody", "wrong") == 429, "the proxy's own word stands last"
    direct = opened(client="192.0.2.1", address_header="X-Forwarded-For")
    for number in range(6):
        direct.headers["x-forwarded-for"] = f"203.0.113.{number}"
        assert sign_in(direct, f"nobody-{number}", "wrong") == (429 if number == 5 else 401)


def test_a_token_speaks_for_its_user(guarded: TestClient, database: Database) -> None:
    with database.write() as c:
        add_token(c, "secret-of-a-program", "a-viewer", "notebook")
    told = {"authorization": "Bearer secret-of-a-program"}
    assert guarded.get("/api/v1/alerts", headers=told).status_code == 200
    assert guarded.get("/api/v1/alerts", headers={"authorization": "Bearer other"}).status_code == 401


def test_another_host_is_refused(page: TestClient) -> None:
    assert page.get("/", headers={"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("next_", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_signing_in_leads_nowhere_else(guarded: TestClient, next_: str) -> None:
    assert 'name="next" value="/"' in guarded.get("/login", params={"next": next_}).text
