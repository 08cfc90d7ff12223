"""How often: sign-ins that fail wait longer each time, and the API answers so many requests a minute."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_REMEMBERED = 10_000


class Throttle:
    """Failed attempts by key (a name, an address): after five, each makes the next wait twice as long.

    Held in memory by one process: a restart forgets. `wait` in seconds, at most fifteen minutes.
    """

    def __init__(self, free: int = 5, longest: float = 900.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._free, self._longest, self._clock = free, longest, clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, *keys: str) -> float:
        """Seconds until the next attempt under any of these keys is looked at; 0 where it may come now."""
        now = self._clock()
        with self._lock:
            due = [self._failures[key] for key in keys if key in self._failures]
        return max([0.0, *(at + self._pause(count) - now for count, at in due)])

    def failed(self, *keys: str) -> None:
        """Count a failure."""
        with self._lock:
            for key in keys:
                count, _ = self._failures.pop(key, (0, 0.0))
                self._failures[key] = (count + 1, self._clock())
            while len(self._failures) > _MOST_REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures under one key."""
        with self._lock:
            self._failures.pop(key, None)

    def _pause(self, count: int) -> float:
        return 0.0 if count < self._free else min(self._longest, 2.0 ** (count - self._free + 1))


class Rate:
    """A bucket of requests for each key, refilled evenly: `per_minute` in the long run, as many at once."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._refill, self._clock = float(per_minute), per_minute / 60, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """0 where the request may be answered, else the seconds after which it may."""
        now = self._clock()
        with self._lock:
            left, at = self._left.pop(key, (self._most, now))
            left = min(self._most, left + (now - at) * self._refill)
            allowed = left >= 1
            self._left[key] = (left - 1 if allowed else left, now)
            while len(self._left) > _MOST_REMEMBERED:
                self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._refill
