"""Who signs in to Telegram: the application's id and hash, and the session. Secrets throughout."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from telethon.sessions import SQLiteSession, StringSession

from collectors.batches import CollectorError

ID_VARIABLE = "TELEGRAM_API_ID"
HASH_VARIABLE = "TELEGRAM_API_HASH"
SESSION_VARIABLE = "TELEGRAM_SESSION"
_CHECKOUT = Path(__file__).resolve().parents[2]
_STEPS = f"""\
To read Telegram live:
  1. Open https://my.telegram.org and sign in with the telephone number of the account that shall read.
  2. Choose "API development tools", create an application (any name), copy its api_id and api_hash.
  3. export {ID_VARIABLE}=… {HASH_VARIABLE}=…
  4. pikir login"""


@dataclass(frozen=True, slots=True)
class Application:
    """The id and hash that my.telegram.org gives to an application."""

    api_id: int
    api_hash: SecretStr


def load_application(environment: Mapping[str, str] = os.environ) -> Application:
    """From TELEGRAM_API_ID and TELEGRAM_API_HASH. CollectorError, with the steps to get them, where one is missing."""
    api_id = environment.get(ID_VARIABLE, "").strip()
    api_hash = environment.get(HASH_VARIABLE, "").strip()
    missing = [name for name, value in ((ID_VARIABLE, api_id), (HASH_VARIABLE, api_hash)) if not value]
    if missing:
        raise CollectorError(f"{' and '.join(missing)} not set in the environment.\n{_STEPS}")
    if not api_id.isdecimal() or not 0 < int(api_id) < 2**31:
        raise CollectorError(f"{ID_VARIABLE} is no number: it is the api_id of https://my.telegram.org.\n{_STEPS}")
    return Application(int(api_id), SecretStr(api_hash))


def load_session(session_file: str | Path, environment: Mapping[str, str] = os.environ) -> SecretStr:
    """The session as a string: TELEGRAM_SESSION if set, else from the file that `pikir login` wrote.

    CollectorError where there is none, others may read it, it lies in the checkout, or it is damaged.
    """
    given = environment.get(SESSION_VARIABLE, "").strip()
    if given:
        try:
            StringSession(given)
        except Exception:  # Telethon raises whatever struct and base64 raise; the string must not be shown
            raise CollectorError(f"{SESSION_VARIABLE} holds no session string of Telethon; or unset it") from None
        return SecretStr(given)
    path = checked_path(session_file)
    if not path.exists():
        raise CollectorError(f"not signed in to Telegram: there is no {path}. Run: pikir login")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise CollectorError(f"{path} holds the Telegram session but others may read it: chmod 600 '{path}'")
    try:
        stored = SQLiteSession(str(path))
        text = StringSession.save(stored)
        stored.close()
    except Exception as error:
        raise CollectorError(f"{path} is no session of Telethon ({error}). Remove it and run: pikir login") from None
    if not text:
        raise CollectorError(f"{path} holds no sign-in. Run: pikir login")
    return SecretStr(text)


def checked_path(session_file: str | Path) -> Path:
    """The path of the session file, with the suffix that Telethon adds. CollectorError where it is in the checkout."""
    path = Path(session_file).expanduser()
    if path.suffix != ".session":
        path = path.with_name(path.name + ".session")
    if path.resolve().is_relative_to(_CHECKOUT):
        raise CollectorError(
            f"{path} lies in the checkout, where a session could be committed; set telegram.session_file in "
            "monitor.yaml to a path outside it"
        )
    return path
