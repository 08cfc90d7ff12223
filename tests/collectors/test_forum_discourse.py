"""A Discourse over its JSON, on loopback: whole topics, then only what is new, from its front page and from a topic."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from forum_reading import open_board, run, served

PAGE = 20
PEOPLE = '<html><head><meta name="generator" content="Discourse 3.3"></head><body>{}</body></html>'


class Forum:
    """One topic, 70, with numbered posts. It answers as Discourse does: by topic, by post ids, around a post."""

    def __init__(self, posts: int) -> None:
        self.posts: list[dict[str, Any]] = []
        self.log: list[str] = []
        for _ in range(posts):
            self.write()

    def write(self) -> None:
        number = len(self.posts) + 1
        time = f"2024-03-{1 + number // 24:02}T{number % 24:02}:00:00Z"
        post = {"id": 700 + number, "post_number": number, "cooked": f"<p>сөз {number}</p>", "created_at": time}
        # Each answers the one 25 before it, which mostly stands on another part.
        answered = {"reply_to_post_number": number - 25} if number > 25 else {}
        self.posts.append({**post, **answered, "username": "askar", "user_id": number % 3 + 1})

    def answer(self, path: str) -> Any:
        """What stands at a path: JSON, or a page as people see it; None for nothing."""
        if path == "/latest.json":
            topic = {"id": 70, "title": "Тақырып", "posts_count": len(self.posts), "last_posted_at": "2024-03-12"}
            return {"topic_list": {"topics": [topic]}}
        if found := re.fullmatch(r"/t/70(?:/(\d+))?\.json", path):
            begin = max(0, min(int(found[1] or 1) - PAGE // 2, len(self.posts) - PAGE))
            stream = [post["id"] for post in self.posts]
            return {"title": "Тақырып", "post_stream": {"posts": self.posts[begin : begin + PAGE], "stream": stream}}
        if path.startswith("/t/70/posts.json?"):
            asked = {int(number) for number in re.findall(r"post_ids(?:\[\]|%5B%5D)=(\d+)", path)}
            return {"post_stream": {"posts": [post for post in self.posts if post["id"] in asked]}}
        if path == "/":
            return PEOPLE.format("")
        if path == "/t/sozder/70":
            shown = "".join(
                f'<div id="post_{post["post_number"]}" class="crawler-post"><span class="creator"><b itemprop="name">'
                f'askar</b></span><time class="post-time" datetime="{post["created_at"]}"></time>'
                f'<div class="post">{post["cooked"]}</div></div>'
                for post in self.posts[:PAGE]
            )
            return PEOPLE.format(shown)
        return None

    def texts(self) -> set[str]:
        return {post["cooked"][3:-4] for post in self.posts}


@pytest.fixture
def forum() -> Forum:
    return Forum(45)


@pytest.fixture
def url(forum: Forum) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Silent."""

        def do_GET(self) -> None:
            forum.log.append(self.path)
            found = forum.answer(self.path)
            body = (found if isinstance(found, str) else json.dumps(found)).encode() if found else b"gone"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html" if isinstance(found, str) else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with served(Handler) as address:
        yield address


@pytest.mark.parametrize("start", ["/", "/t/sozder/70"])
def test_a_topic_is_read_whole_and_then_what_is_new(forum: Forum, url: str, start: str) -> None:
    first = run(open_board(url + start))
    assert (first.error, first.told, first.texts) == (None, 45, forum.texts())

    for _ in range(30):
        forum.write()
    forum.log.clear()
    second = run(open_board(url + start, recheck_pages=0), first.position)
    assert first.texts | second.texts == forum.texts()
    assert "/t/70.json" not in forum.log[3:], "what was read is not read again"

    third = run(open_board(url + start), second.position)
    assert third.posts.keys() == first.posts.keys() | second.posts.keys(), "a post has one address"
    assert third.texts == forum.texts()
    fourth = run(open_board(url + start), third.position)
    assert fourth.posts == third.posts, "what was found once is not lost, whichever parts are read"
    assert {post.reply_to for post in third.posts.values()} == {"", *(f"/p/{700 + n}" for n in range(1, 51))}
