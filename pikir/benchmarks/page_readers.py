"""Readers of the page in a process of their own: `python -m pikir.benchmarks.page_readers PORT SECONDS READERS PAUSE`.

Each reader holds a connection and asks as a browser does: with its cookie, and with the ETag of what it has seen
before. Between two requests it pauses for PAUSE seconds on average (exponential; 0: it asks as soon as it is answered).
The times come out as JSON: {route: [milliseconds, …]}.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections import defaultdict
from random import Random

from pikir.benchmarks.page_routes import ROUTES, Route, drawn

Times = dict[str, list[float]]
_FINE = (200, 304)
_LONGEST_WAIT = 120.0


class Reader:
    """One browser: a connection that is kept, a cookie, and the ETags of what it has seen."""

    def __init__(self, port: int, seed: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LONGEST_WAIT)
        self._cookie = f"pikir=benchmark-{seed}"
        self._tags: dict[str, str] = {}
        self.rng = Random(seed)

    def ask(self, route: Route) -> float:
        """Milliseconds until the whole answer is there. RuntimeError for an answer that is neither 200 nor 304."""
        address = route.address(self.rng)
        headers = {"cookie": self._cookie, "accept-encoding": "gzip", "connection": "keep-alive"}
        if address in self._tags:
            headers["if-none-match"] = self._tags[address]
        began = time.perf_counter()
        answer = self._answer(address, headers)
        body = answer.read()
        took = 1000 * (time.perf_counter() - began)
        if answer.status not in _FINE:
            raise RuntimeError(f"{address} answered {answer.status}: {body[:300].decode('utf-8', 'replace')}")
        if tag := answer.getheader("etag"):
            self._tags[address] = tag
        return took

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _answer(self, address: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        try:
            self._connection.request("GET", address, headers=headers)
            return self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            # A server ends connections on which nothing was asked for some seconds.
            self._connection.close()
            self._connection.request("GET", address, headers=headers)
            return self._connection.getresponse()


def at_once(port: int, seconds: float, readers: int, pause: float = 0.0) -> Times:
    """Times by route of `readers` readers that ask for so many seconds, with a pause after each answer."""
    until = time.monotonic() + seconds
    kept: Times = defaultdict(list)
    broken: list[Exception] = []

    def read(seed: int) -> None:
        reader = Reader(port, seed)
        try:
            while time.monotonic() < until and not broken:
                route = drawn(reader.rng)
                kept[route.name].append(reader.ask(route))
                if pause:
                    time.sleep(reader.rng.expovariate(1 / pause))
        except Exception as error:  # the first one is raised below, in the thread that asked
            broken.append(error)
        finally:
            reader.close()

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    return dict(kept)


def one_after_another(port: int, route: str, times: int, seed: int) -> list[float]:
    """Times of one reader that asks for one route again and again."""
    reader, asked = Reader(port, seed), next(one for one in ROUTES if one.name == route)
    try:
        return [reader.ask(asked) for _ in range(times)]
    finally:
        reader.close()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(at_once(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))))
