"""Signing in once, by phone, code and two-step password, into a session file for its owner only."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from telethon import TelegramClient, errors
from telethon.sessions import SQLiteSession

from collectors.batches import CollectorError
from collectors.telegram.credentials import Application, checked_path
from collectors.telegram.faults import name_of

TRIES = 3
Asker = Callable[[str], SecretStr]
"""Asks the user for one thing and hides the answer."""


def sign_in(application: Application, session_file: str | Path, ask: Asker) -> Path:
    """Signs in and returns the session file; a session that is signed in already stays as it is.

    `ask` is called with "phone", "code" and, where two-step verification is on, "password". CollectorError where
    the path lies in the checkout, Telegram is not reached, or three answers in a row are wrong.
    """
    path = checked_path(session_file)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made here, before Telethon would make it readable by others.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    path.chmod(0o600)
    session = SQLiteSession(str(path))
    session.save_entities = False
    try:
        asyncio.run(_sign_in(application, session, ask))
    except (ConnectionError, TimeoutError, OSError) as error:
        raise CollectorError(f"Telegram cannot be reached: {error}") from error
    except errors.FloodError as error:
        wait = getattr(error, "seconds", 0)
        raise CollectorError(f"Telegram asks to wait {wait} s before another sign-in; try then") from error
    except errors.RPCError as error:
        raise CollectorError(f"Telegram refuses the sign-in: {name_of(error)}") from error
    finally:
        session.close()
    return path


async def _sign_in(application: Application, session: SQLiteSession, ask: Asker) -> None:
    client = TelegramClient(
        session,
        application.api_id,
        application.api_hash.get_secret_value(),
        flood_sleep_threshold=0,
        receive_updates=False,
    )
    await client.connect()
    try:
        if not await client.is_user_authorized():

            async def send_code(number: str) -> None:
                if not any(map(str.isdecimal, number)):
                    raise errors.PhoneNumberInvalidError(None)
                await client.send_code_request(number)

            phone = await _until_right(send_code, lambda: ask("phone"), errors.PhoneNumberInvalidError)
            await _code_and_password(client, phone, ask)
    finally:
        await client.disconnect()


async def _code_and_password(client: Any, phone: str, ask: Asker) -> None:
    wrong = (errors.PhoneCodeInvalidError, errors.PhoneCodeEmptyError)
    try:
        await _until_right(lambda code: client.sign_in(phone, code), lambda: ask("code"), *wrong)
    except errors.SessionPasswordNeededError:
        await _until_right(
            lambda password: client.sign_in(password=password), lambda: ask("password"), errors.PasswordHashInvalidError
        )


async def _until_right(
    attempt: Callable[[str], Any], ask: Callable[[], SecretStr], *wrong: type[errors.RPCError]
) -> str:
    """The answer that Telegram accepted."""
    for left in reversed(range(TRIES)):
        answer = ask().get_secret_value().strip()
        try:
            await attempt(answer)
        except wrong as error:
            if not left:
                raise CollectorError(
                    f"{TRIES} wrong answers ({name_of(error)}); start again with pikir login"
                ) from error
        else:
            return answer
    raise AssertionError
