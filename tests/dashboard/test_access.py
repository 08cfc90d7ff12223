"""Who may see and do what."""

import re

import pytest
from page_trial import PASSWORD
from starlette.testclient import TestClient

from storage.database import Database
from storage.users import add_token


def token_of(text: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', text)
    assert found
    return found[1]


def sign_in(page: TestClient, name: str, password: str = PASSWORD) -> int:
    fields = {"name": name, "password": password, "next": "/", "csrf": token_of(page.get("/login").text)}
    return page.post("/login", data=fields, follow_redirects=False).status_code


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
    token = token_of(guarded.get("/").text)
    assert guarded.post("/alerts/1/acknowledge", data={"csrf": token}).status_code == 403
    assert guarded.get("/audit/migrants").status_code == 403


def test_a_form_from_elsewhere_is_refused(page: TestClient) -> None:
    token = token_of(page.get("/alerts/1").text)
    assert page.post("/alerts/1/acknowledge", data={}).status_code == 403
    assert page.post("/alerts/1/acknowledge", data={"csrf": "0" * 64}).status_code == 403
    elsewhere = {"origin": "http://evil.example"}
    assert page.post("/alerts/1/acknowledge", data={"csrf": token}, headers=elsewhere).status_code == 403


def test_failed_sign_ins_have_to_wait(guarded: TestClient) -> None:
    assert [sign_in(guarded, "a-coder", "wrong") for _ in range(6)] == [401] * 5 + [429]
    assert sign_in(guarded, "a-coder") == 429


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
