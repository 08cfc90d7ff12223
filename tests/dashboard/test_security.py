"""What strangers try on the page: routes without signing in, foreign forms, fixed sessions, paths, giant requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from page_trial import PASSWORD
from starlette.testclient import TestClient

from dashboard.access.visitor import COOKIE
from storage.database import Database

OPEN = {"/login", "/static/vega.js", "/health", "/healthz", "/metrics"}
"""What is served to everybody: the form to sign in, and a library."""
FILLED = {"target": "migrants", "alert": "1", "id": "1", "source": "trial", "native_id": "0", "subject": "migrants"}


def single(several: Iterable[Any]) -> Iterator[APIRoute]:
    """The routes in a list of routes and of routers that were taken in."""
    for one in several:
        if isinstance(one, APIRoute):
            yield one
        else:
            inner = getattr(one, "original_router", None)
            yield from single(inner.routes if inner is not None else ())


def routes(page: TestClient) -> Iterator[tuple[str, str]]:
    """Method and address of everything that the application serves, parameters filled in."""
    for route in single(page.app.routes):  # type: ignore[attr-defined]
        if route.path not in OPEN:
            path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: FILLED.get(found[1], "1"), route.path)
            for method in sorted(route.methods):
                yield method, path


def test_no_route_answers_a_stranger(guarded: TestClient) -> None:
    tried = list(routes(guarded))
    assert len(tried) > 20
    for method, path in tried:
        answer = guarded.request(method, path, follow_redirects=False)
        if method in ("GET", "HEAD"):
            asked = answer.status_code == 303 and answer.headers["location"].startswith("/login?next=")
            assert asked or answer.status_code == 401, (method, path, answer.status_code)
        else:
            assert answer.status_code in (303, 401, 403), (method, path, answer.status_code)
        assert "мигранты" not in answer.text


def test_no_form_is_taken_without_the_pages_token(page: TestClient) -> None:
    page.get("/")
    posts = [path for method, path in routes(page) if method == "POST"]
    assert posts
    for path in posts:
        for fields in ({}, {"csrf": "0" * 64}, {"csrf": ""}):
            assert page.post(path, data=fields, follow_redirects=False).status_code == 403, path


def test_a_session_that_was_planted_before_signing_in_is_worth_nothing_after(guarded: TestClient) -> None:
    planted = "planted-by-somebody-else"
    guarded.cookies.set(COOKIE, planted)
    form = guarded.get("/login").text
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', form)
    assert token
    fields = {"name": "a-viewer", "password": PASSWORD, "next": "/", "csrf": token[1]}
    signed_in = guarded.post("/login", data=fields, follow_redirects=False)
    assert signed_in.status_code == 303
    given = signed_in.headers["set-cookie"].partition(";")[0].partition("=")[2]
    assert given
    assert given != planted
    for words in ("httponly", "samesite="):
        assert words in signed_in.headers["set-cookie"].lower()
    guarded.cookies.clear()
    guarded.cookies.set(COOKIE, planted)
    assert guarded.get("/", follow_redirects=False).status_code == 303, "the planted secret opens nothing"


def test_signing_out_ends_the_session_for_whoever_copied_it(guarded: TestClient) -> None:
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', guarded.get("/login").text)
    assert token
    guarded.post("/login", data={"name": "a-viewer", "password": PASSWORD, "next": "/", "csrf": token[1]})
    copied = guarded.cookies[COOKIE]
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', guarded.get("/").text)
    assert token
    guarded.post("/logout", data={"csrf": token[1]})
    guarded.cookies.clear()
    guarded.cookies.set(COOKIE, copied)
    assert guarded.get("/", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e%2f%2e%2e%2fconfigs/monitor.yaml",
        "/static//etc/passwd",
        "/static/..\\app.py",
        "/posts/../../etc/passwd",
        "/trends/..%2f..%2fetc%2fpasswd",
    ],
)
def test_no_path_leads_out_of_the_page(page: TestClient, path: str) -> None:
    answer = page.get(path)
    assert answer.status_code in (400, 404, 422), (path, answer.status_code)
    for secret in ("create_app", "root:", "pseudonym_key_file"):
        assert secret not in answer.text


def test_a_giant_form_is_refused(page: TestClient) -> None:
    page.get("/")
    answer = page.post("/login", content=b"csrf=" + b"x" * 1_000_000)
    assert answer.status_code == 413


def test_no_answer_may_run_or_frame_anything_foreign(page: TestClient, database: Database) -> None:
    for path in ("/", "/login", "/api/v1/alerts", "/nowhere"):
        headers = page.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "'unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
