"""When the next request may go out: our own pace for each method, and the waits that Telegram asks for."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping

from collectors.batches import SourcePostponed

Notice = Callable[[str], None]


class Patience:
    """How long one source may still keep this run waiting: at most `seconds` in all."""

    def __init__(self, seconds: float, notify: Notice) -> None:
        self.allowed = seconds
        self.left = seconds
        self.notify = notify


class Pacer:
    """Turns by method, shared by all sources of an account.

    Two requests of a method are `seconds[method]` apart (`seconds[""]` for methods without an entry). A wait that
    Telegram asked for holds back that method for every source, to the second, and is never dodged; a source that would
    keep the run waiting longer than its patience is left for the next run.
    """

    def __init__(
        self,
        seconds: Mapping[str, float],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self._next: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self.waited = 0.0
        """Seconds waited because Telegram asked for it."""

    def asked_to_wait(self, method: str, seconds: float) -> None:
        """Telegram asked so; no request of this method goes out before."""
        self._asked[method] = max(self._asked.get(method, 0.0), self._clock() + seconds)

    async def turn(self, method: str, patience: Patience) -> None:
        """Returns when the method may be called. SourcePostponed where that takes longer than the patience."""
        asked = self._asked.pop(method, 0.0) - self._clock()
        if asked > 0:
            await self._wait_as_asked(method, asked, patience)
        pause = self._next.get(method, 0.0) - self._clock()
        if pause > 0:
            await self._sleep(pause)
        self._next[method] = self._clock() + self._seconds.get(method, self._seconds.get("", 0.0))

    async def _wait_as_asked(self, method: str, asked: float, patience: Patience) -> None:
        if asked > patience.left:
            self.asked_to_wait(method, asked)
            raise SourcePostponed(
                f"Telegram asks to wait {math.ceil(asked)} s before {method}; {patience.allowed:.0f} s are allowed in "
                "a run (telegram.max_wait_seconds). The next run goes on where this one stopped"
            )
        patience.left -= asked
        until = time.strftime("%H:%M:%S", time.localtime(time.time() + asked))
        patience.notify(f"Telegram asked to wait {math.ceil(asked)} s before {method}, until {until}")
        await self._sleep(asked)
        self.waited += asked
        patience.notify("")
