"""A Discourse whose JSON is closed is read by its pages, and stays so; one whose JSON fails for the moment is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from forum_reading import open_board, run, served
from reading import DATA

PAGES = DATA / "forums" / "versions"


@contextmanager
def discourse(status: int, log: list[str]) -> Iterator[str]:
    """Its pages on loopback; its JSON answers with this status."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Silent."""

        def do_GET(self) -> None:
            log.append(self.path)
            name = {"/": "list", "/t/novye-sosedi/70": "topic"}.get(self.path)
            page = (PAGES / f"discourse_{name}.html").read_text(encoding="utf-8") if name else "no"
            for link in ("/latest?no_definitions=true&amp;page=1", "/t/novye-sosedi/70?page=2"):
                page = page.replace(f'href="{link}"', "")
            body = page.replace("https://forum.example.kz", f"http://{self.headers['Host']}").encode()
            self.send_response(200 if name else status if self.path.endswith(".json") else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with served(Handler) as address:
        yield f"{address}/"


def test_closed_json() -> None:
    log: list[str] = []
    with discourse(403, log) as url:
        seen = open_board(url).look()
        assert [post.native_id for post in seen.posts] == ["/t/70/1", "/t/70/2"]
        log.clear()
        first = run(open_board(url))
        asked, log[:] = list(log), []
        second = run(open_board(url), first.position)
    assert list(first.posts) == ["/t/70/1", "/t/70/2"]
    assert (first.error, first.rejected) == (None, [])
    assert [path for path in asked if path.endswith(".json")] == ["/latest.json"]
    assert second.posts.keys() == first.posts.keys()
    assert not [path for path in log if path.endswith(".json")], "posts would have other addresses in JSON"


def test_json_that_fails_for_the_moment() -> None:
    with discourse(500, []) as url:
        found = run(open_board(url))
    assert found.posts == {}
    assert "500" in str(found.error)
