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

    A key must hold the mark of everything that its answer is made from (`State.mark`). What is larger than a quarter
    of the whole is made and given, and not kept.
    """

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()
        # What is being made is many times as large as what is kept.
        self._makers = threading.BoundedSemaphore(_MAKERS)

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """The answer of a key, made where there is none; who asks meanwhile waits for it. Two are made at once."""
        with self._lock:
            if (found := self._found(key)) is not None:
                return found
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if (found := self._found(key)) is not None:
                    return found
            try:
                with self._makers:
                    made = make()
                with self._lock:
                    self._keep(key, made)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return made

    def __len__(self) -> int:
        return self._size

    def _found(self, key: Hashable) -> bytes | None:
        if key in self._answers:
            self._answers.move_to_end(key)
        return self._answers.get(key)

    def _keep(self, key: Hashable, made: bytes) -> None:
        if len(made) * _LARGEST_PART > self._most:
            return
        self._size += len(made) - len(self._answers.pop(key, b""))
        self._answers[key] = made
        while self._size > self._most:
            self._size -= len(self._answers.popitem(last=False)[1])


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
