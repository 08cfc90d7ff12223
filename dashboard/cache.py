"""What was made from unchanged results, kept within bounds: made once, however many ask for it at the same time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

_LARGEST_PART = 4
_MAKERS = 2


class Cache:
    """Answers by their key, the most recently asked first to stay; at most `most` bytes of them.

    The mark says of what state everything is that an answer is made from (`State.mark`): one of another mark is made
    anew, and takes the place of the old one. What is larger than a quarter of the whole is made and given, and not
    kept.
    """

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._answers: OrderedDict[Hashable, tuple[Hashable, bytes]] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()
        # What is being made is many times as large as what is kept.
        self._makers = threading.BoundedSemaphore(_MAKERS)

    def get(self, key: Hashable, mark: Hashable, make: Callable[[], bytes]) -> bytes:
        """The answer of a key, made where there is none; who asks meanwhile waits for it. Two are made at once."""
        with self._lock:
            if (found := self._found(key, mark)) is not None:
                return found
            turn = self._making.setdefault((key, mark), threading.Lock())
        with turn:
            with self._lock:
                if (found := self._found(key, mark)) is not None:
                    return found
            try:
                with self._makers:
                    made = make()
                with self._lock:
                    self._keep(key, mark, made)
            finally:
                with self._lock:
                    self._making.pop((key, mark), None)
        return made

    def __len__(self) -> int:
        return self._size

    def _found(self, key: Hashable, mark: Hashable) -> bytes | None:
        of, answer = self._answers.get(key, (mark, None))
        if answer is None or of != mark:
            return None
        self._answers.move_to_end(key)
        return answer

    def _keep(self, key: Hashable, mark: Hashable, made: bytes) -> None:
        _, old = self._answers.pop(key, (mark, b""))
        self._size -= len(old)
        if len(made) * _LARGEST_PART > self._most:
            return
        self._answers[key] = (mark, made)
        self._size += len(made)
        while self._size > self._most:
            _, (_, least) = self._answers.popitem(last=False)
            self._size -= len(least)


class Latest(Generic[T]):
    """One value, made anew when its mark changes; who asks meanwhile waits for it."""

    def __init__(self) -> None:
        self._held: tuple[Hashable, T] | None = None
        self._lock = threading.Lock()

    def get(self, mark: Hashable, make: Callable[[], T]) -> T:
        """The value under a mark."""
        with self._lock:
            if self._held is None or self._held[0] != mark:
                self._held = (mark, make())
            return self._held[1]
