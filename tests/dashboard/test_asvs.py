"""What OWASP's ASVS asks of the page at level 2 and no other test shows; docs/security.md has the list."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from page_trial import PASSWORD
from starlette.testclient import TestClient
from test_access import sign_in

from configs.loading import load
from configs.settings import Settings
from dashboard.access.limits import Rate, Throttle
from dashboard.access.passwords import hashed, matches, new_secret
from dashboard.access.visitor import COOKIE
from dashboard.app import create_app
from storage.database import Database
from storage.users import User, start_session, write_user


def told(**dashboard: object) -> Settings:
    settings = load()
    page = settings.monitor.dashboard.model_copy(update=dashboard)
    return settings.model_copy(update={"monitor": settings.monitor.model_copy(update={"dashboard": page})})


@pytest.mark.parametrize("password", ["x" * 12, "пароль из слов и пробелов", "🔑" * 16, "a" * 1000])
def test_any_password_of_twelve_characters_or_more_is_taken_whole(password: str) -> None:
    stored = hashed(password)
    assert stored.startswith("$argon2id$")
    assert matches(password, stored)
    assert not matches(password[:-1], stored)


def test_a_shorter_password_is_refused() -> None:
    with pytest.raises(ValueError, match="11 characters; it needs 12"):
        hashed("x" * 11)


def test_sessions_and_tokens_are_256_random_bits() -> None:
    made = {new_secret() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(one) == 43 for one in made)


def test_waits_double_up_to_a_quarter_of_an_hour_and_success_ends_them() -> None:
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    waits = []
    for _ in range(20):
        throttle.failed("name:a")
        waits.append(throttle.wait("name:a"))
        now[0] += waits[-1]
    assert waits[3:8] == [0, 2, 4, 8, 16]
    assert waits[-1] == 900
    assert 3600 / waits[-1] < 100, "fewer than a hundred attempts an hour on one account"
    throttle.succeeded("name:a")
    assert throttle.wait("name:a") == 0


def test_a_session_ends_by_its_time_and_with_a_new_password(guarded: TestClient, database: Database) -> None:
    now = datetime.now(UTC)
    with database.write() as c:
        start_session(c, "long-gone", "a-viewer", now - timedelta(seconds=1))
        start_session(c, "still-good", "a-viewer", now + timedelta(hours=1))
    guarded.cookies.set(COOKIE, "long-gone")
    assert guarded.get("/", follow_redirects=False).status_code == 303
    guarded.cookies.set(COOKIE, "still-good")
    assert guarded.get("/", follow_redirects=False).status_code == 200
    with database.write() as c:
        write_user(c, User("a-viewer", "viewer", hashed("another long password")))
    assert guarded.get("/", follow_redirects=False).status_code == 303


def test_behind_https_the_cookie_is_secure_and_browsers_are_told_to_stay(database: Database) -> None:
    with database.write() as c:
        write_user(c, User("a-viewer", "viewer", hashed(PASSWORD)))
    with TestClient(create_app(told(https=True), database, local=True), base_url="https://localhost") as page:
        assert sign_in(page, "a-viewer") == 303
        answer = page.get("/login")
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        kept = {cookie.name: cookie for cookie in page.cookies.jar}
    assert kept[COOKIE].secure
    assert kept[COOKIE].path == "/"


def test_each_visitor_has_an_allowance_that_comes_back() -> None:
    now = [0.0]
    rate = Rate(60, clock=lambda: now[0])
    assert [rate.take("a") for _ in range(61)][-1] == 1.0
    assert rate.take("b") == 0
    now[0] += 1
    assert rate.take("a") == 0


@pytest.fixture
def broken(database: Database) -> Iterator[TestClient]:
    """A page whose store has lost a table."""
    app = create_app(load(), database, local=True)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as page:
        with database.write() as c:
            c.exec_driver_sql("ALTER TABLE alerts RENAME TO lost")
        yield page


def test_an_error_says_nothing_of_the_inside(broken: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    for path in ("/alerts", "/api/v1/alerts"):
        answer = broken.get(path)
        assert answer.status_code >= 500
        for inside in ("Traceback", "sqlite", "SELECT", "/dashboard/"):
            assert inside not in answer.text


def test_no_other_site_may_read_and_nothing_is_kept_for_others(page: TestClient) -> None:
    for path in ("/", "/posts", "/api/v1/posts"):
        answer = page.get(path, headers={"origin": "https://elsewhere.example"})
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert "private" in answer.headers["cache-control"]
    asked = page.options(
        "/api/v1/posts", headers={"origin": "https://a.example", "access-control-request-method": "GET"}
    )
    assert asked.status_code == 405


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(page: TestClient, method: str) -> None:
    for path in ("/", "/posts", "/api/v1/alerts"):
        assert page.request(method, path).status_code == 405
