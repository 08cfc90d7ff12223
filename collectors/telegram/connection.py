"""One signed-in Telethon client on a thread of its own, asked from ordinary code."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import SecretStr
from telethon import TelegramClient, errors
from telethon.sessions import StringSession

from collectors.batches import CollectorError
from collectors.telegram.credentials import Application
from collectors.telegram.faults import explained
from collectors.telegram.pacing import Pacer, Patience
from collectors.telegram.places import Found

T = TypeVar("T")
ATTEMPTS = 5
_LOST = (ConnectionError, TimeoutError, asyncio.IncompleteReadError, OSError)


class _Forgetful(StringSession):  # type: ignore[misc]
    """A session that keeps nobody: Telethon would store the names and numbers of everyone it meets."""

    def process_entities(self, tlo: object) -> None:
        """Nothing."""


class Connection:
    """The account's one connection to Telegram. Use it in a `with` block, from one thread.

    `pace`: seconds between two requests by method, "" for the rest. `timeout`: seconds without an answer after which
    the connection is opened anew. Opening raises CollectorError where Telegram is not reached or nobody is signed in.
    """

    def __init__(
        self,
        application: Application,
        session: SecretStr,
        *,
        pace: Mapping[str, float],
        timeout: float = 60.0,
        updates: bool = False,
    ) -> None:
        self._application = application
        self._session = session
        self._timeout = timeout
        self._updates = updates
        self._pacer = Pacer(pace)
        self._attempts = ATTEMPTS
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="telegram", daemon=True)
        self.client: Any = None
        self.found: dict[str, Found] = {}
        """What names led to: several sources may name the same channel, which is looked up once."""

    @property
    def waited(self) -> float:
        """Seconds that Telegram has made us wait so far, over all methods."""
        return self._pacer.waited

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.call(self._open())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs the coroutine on the connection's thread and returns what it returns."""
        return self.start(work).result()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begins the coroutine on the connection's thread; the caller asks for its result later, or cancels it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def send(self, request: Any, address: str, patience: Patience) -> Any:
        """Telegram's answer, after as many waits and new connections as it takes.

        SourcePostponed where Telegram asks for more patience than there is, SourceUnavailable where the source is not
        to be had, CollectorError where the connection fails again and again or the session is no longer valid.
        """
        method = type(request).__name__.removesuffix("Request")
        lost: BaseException | None = None
        attempt = 0
        while attempt < self._attempts:
            await self._pacer.turn(method, patience)
            try:
                answer = await asyncio.wait_for(self.client(request), self._timeout)
            except errors.FloodError as error:
                self._pacer.asked_to_wait(method, max(1, getattr(error, "seconds", 1) or 1))
            except (errors.ServerError, errors.TimedOutError, errors.RpcCallFailError) as error:
                attempt, lost = attempt + 1, error
                await asyncio.sleep(min(2**attempt, 15))
            except errors.RPCError as error:
                raise explained(error, address) from error
            except (*_LOST, asyncio.CancelledError) as error:
                # Telethon cancels what was on its way when a connection ends; our own cancellation is another thing.
                if isinstance(error, asyncio.CancelledError) and _cancelled():
                    raise
                attempt, lost = attempt + 1, error
                patience.notify(f"the connection to Telegram was lost; attempt {attempt} of {self._attempts} failed")
                await self._open_anew(attempt)
            else:
                if attempt:
                    patience.notify("")
                self._attempts = ATTEMPTS
                return answer
        # The next source finds out with one attempt whether the network is back.
        self._attempts = 1
        raise CollectorError(f"Telegram did not answer {method} in {attempt} attempts ({lost!r}); the next run goes on")

    async def _open(self) -> None:
        self.client = TelegramClient(
            _Forgetful(self._session.get_secret_value()),
            self._application.api_id,
            self._application.api_hash.get_secret_value(),
            flood_sleep_threshold=0,
            request_retries=1,
            connection_retries=2,
            retry_delay=1,
            timeout=10,
            receive_updates=self._updates,
            raise_last_call_error=True,
        )
        try:
            await self.client.connect()
            signed_in = await self.client.is_user_authorized()
        except _LOST as error:
            raise CollectorError(
                f"Telegram cannot be reached: {error}. Check the network; the next run tries again"
            ) from error
        except errors.RPCError as error:
            raise explained(error, "the account") from error
        if not signed_in:
            raise CollectorError("the Telegram session is not signed in, or was ended elsewhere. Run: pikir login")

    async def _open_anew(self, attempt: int) -> None:
        try:
            await self.client.disconnect()
            await asyncio.sleep(min(2 ** (attempt - 1), 15))
            await self.client.connect()
        except _LOST:
            pass  # the next attempt finds out, and says so

    def _stop(self) -> None:
        async def close() -> None:
            if self.client is not None:
                await self.client.disconnect()
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.call(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.client = None


def _cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
