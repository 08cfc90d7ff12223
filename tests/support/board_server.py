"""A small board on loopback whose server misbehaves on demand, and that logs every request with its time."""

from __future__ import annotations

import gzip
import html
import re
import socket
import struct
import threading
import time
import zlib
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PER_PAGE = 5
THREADS_PER_PAGE = 4
BOMB = gzip.compress(b"<p>" + b"x" * 20_000_000, 1)


@dataclass
class Board:
    """`threads`: number → texts of its posts, those in `deleted` are shown no more. `faults`: path → what happens
    there, one for each request to come. `active`: thread → when the list says that it was last written in."""

    threads: dict[int, list[str]] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    robots: tuple[int, str] = (200, "User-agent: *\nDisallow: /private\n")
    log: list[tuple[float, str, dict[str, str]]] = field(default_factory=list)
    etags: bool = False
    edits: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    active: dict[int, str] = field(default_factory=dict)
    hits: int = 0

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.log]

    def count(self) -> int:
        return sum(map(len, self.threads.values()))

    def page(self, path: str) -> str | None:
        parts, query = urlsplit(path), parse_qs(urlsplit(path).query)
        start = int(query.get("start", ["0"])[0])
        if parts.path == "/":
            return self._list(start)
        found = re.fullmatch(r"/viewtopic\.php", parts.path)
        number = int(query.get("t", ["0"])[0])
        if not found or number not in self.threads or start >= len(self._shown(number)):
            return None
        return self._thread(number, start)

    def _list(self, start: int) -> str:
        numbers = sorted(self.threads, key=lambda one: (-len(self.threads[one]), one))
        numbers = [one for one in numbers if self._shown(one)]
        rows = "".join(
            f'<li class="row"><a class="topictitle" href="./viewtopic.php?t={n}&amp;sid=abc">Тема {n}</a>'
            f'<dd class="posts">{len(self._shown(n)) - 1}</dd>'
            f'<dd class="lastpost"><time datetime="{self.active.get(n, "")}">…</time></dd></li>'
            for n in numbers[start : start + THREADS_PER_PAGE]
        )
        return _framed(f'<ul class="topiclist topics">{rows}</ul>' + _next("/?", start, THREADS_PER_PAGE, len(numbers)))

    def _thread(self, number: int, start: int) -> str:
        texts = self.threads[number]
        shown = self._shown(number)
        posts = "".join(
            f'<div id="p{number * 1000 + n}" class="post"><dl class="postprofile"><a class="username" '
            f'href="./memberlist.php?u={n % 3 + 2}">ник{n % 3}</a></dl><p class="author"><time '
            f'datetime="2026-09-{1 + n // 24:02}T{n % 24:02}:00:00+00:00">…</time></p>'
            f'<div class="content">{html.escape(self.edits.get(texts[n], texts[n]))}</div></div>'
            for n in shown[start : start + PER_PAGE]
        )
        similar = (
            '<ul class="topics"><li class="row"><a class="topictitle" href="./viewtopic.php?t=2">Похожая</a></li></ul>'
        )
        return _framed(
            f"<h2>Тема {number}</h2>{posts}{similar}"
            + _next(f"/viewtopic.php?t={number}&amp;", start, PER_PAGE, len(shown))
        )

    def _shown(self, number: int) -> list[int]:
        return [place for place, text in enumerate(self.threads[number]) if text not in self.deleted]


def _framed(body: str) -> str:
    return f'<!DOCTYPE html><html><body id="phpbb"><h1>Доска</h1>{body}</body></html>'


def _next(base: str, start: int, step: int, total: int) -> str:
    if start + step >= total:
        return ""
    link = f'<a rel="next" href="{base}start={start + step}">→</a>'
    return f'<div class="pagination"><ul><li class="arrow next">{link}</li></ul></div>'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    board: Board

    def log_message(self, *_: object) -> None:
        """Silent: the board keeps its own log."""

    def do_GET(self) -> None:
        board = self.board
        board.log.append((time.monotonic(), self.path, {key.lower(): value for key, value in self.headers.items()}))
        if self.path == "/robots.txt" and self.board.robots[0] == 0:
            self.fault_hang()
            return
        if self.path == "/robots.txt":
            self.answer(board.robots[0], board.robots[1].encode(), "text/plain")
            return
        faults = board.faults.get(self.path, [])
        if faults:
            getattr(self, f"fault_{faults.pop(0)}")()
            return
        page = board.page(self.path)
        if page is None:
            self.answer(404, b"<html>gone</html>")
            return
        tag = f'"{hash(page)}"'
        if board.etags and self.headers.get("If-None-Match") == tag:
            board.hits += 1
            self.send_response(304)
            self.send_header("ETag", tag)
            self.end_headers()
            return
        self.answer(200, page.encode(), headers={"ETag": tag} if board.etags else {})

    def answer(
        self, status: int, body: bytes, kind: str = "text/html; charset=utf-8", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def fault_forbidden(self) -> None:
        self.answer(403, b"<html>members only</html>")

    def fault_wall(self) -> None:
        self.answer(200, b"<html><body id='phpbb'><form id='login'>Sign in to read</form></body></html>")

    def fault_500(self) -> None:
        self.answer(500, b"<html>broken</html>")

    def fault_429(self) -> None:
        self.answer(429, b"<html>slow down</html>", headers={"Retry-After": "1"})

    def fault_429_long(self) -> None:
        self.answer(429, b"<html>slow down</html>", headers={"Retry-After": "7200"})

    def fault_hang(self) -> None:
        time.sleep(6)
        self.close_connection = True

    def fault_loop(self) -> None:
        self.board.faults.setdefault(self.path, []).insert(0, "loop")
        self.answer(302, b"", headers={"Location": self.path})

    def fault_offsite(self) -> None:
        self.answer(302, b"", headers={"Location": "http://198.51.100.7/stolen"})

    def fault_private(self) -> None:
        self.answer(302, b"", headers={"Location": "http://127.0.0.1:9/admin"})

    def fault_huge(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.close_connection = True
        block = b"<p>" + b"x" * 65_533
        try:
            for _ in range(1600):
                self.wfile.write(block)
        except OSError:
            pass

    def fault_bomb(self) -> None:
        self.answer(200, BOMB, headers={"Content-Encoding": "gzip"})

    def fault_long(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(100_000_000))
        self.end_headers()
        self.close_connection = True

    def fault_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.close_connection = True
        try:
            for _ in range(60):
                self.wfile.write(b"<p>")
                time.sleep(0.1)
        except OSError:
            pass

    def fault_deflate(self) -> None:
        self.answer(200, zlib.compress(b"<p>" + b"x" * 20_000_000, 1), headers={"Content-Encoding": "deflate"})

    def fault_reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def fault_elsewhere(self) -> None:
        self.answer(302, b"", headers={"Location": "https://example.org/login"})

    def fault_nonsense(self) -> None:
        self.wfile.write(b"NONSENSE 99 ???\r\n\r\n")
        self.close_connection = True

    def fault_cut(self) -> None:
        page = (self.board.page(self.path) or "").encode()
        self.answer(200, page[: len(page) * 2 // 3])

    def fault_1251(self) -> None:
        self.answer(200, (self.board.page(self.path) or "").encode("cp1251", "xmlcharrefreplace"))

    def fault_latin(self) -> None:
        self.answer(200, (self.board.page(self.path) or "").encode(), kind="text/html; charset=iso-8859-1")

    def fault_garbage(self) -> None:
        self.answer(200, b"<html><div id='p' class=\"post\"><<<>\xff\xfe<div class=content>" + b"<b>" * 5000)

    def fault_binary(self) -> None:
        self.answer(200, bytes(range(256)) * 10, kind="image/png")


class BoardServer:
    """The server in a thread, for a `with` block; `url` is its first page."""

    def __init__(self, board: Board) -> None:
        handler = type("BoardHandler", (Handler,), {"board": board})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> BoardServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
