"""`telegram:` in monitor.yaml: how the live collectors sign in and how politely they ask."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from configs.forms import Form

Seconds = Annotated[float, Field(ge=0, le=3600)]


class PaceSettings(Form):
    """Seconds between two requests of one method."""

    history: Seconds = 1.0
    """Between two pages of a channel or group."""
    replies: Seconds = 1.0
    """Between two pages of comments."""
    resolve: Seconds = 5.0
    """Between two look-ups of a name; each name is looked up once."""
    other: Seconds = 1.0
    """Between two requests of any other method."""


class TelegramSettings(Form):
    """How the live collectors of Telegram sign in and how politely they ask."""

    session_file: str = "~/.config/pikir/telegram.session"
    """Where `pikir login` keeps the session, readable by its owner only. TELEGRAM_SESSION (a string) goes before it."""
    pace: PaceSettings = PaceSettings()
    """Seconds between two requests of one method."""
    max_wait_seconds: Annotated[int, Field(ge=0)] = 600
    """The longest that one source may keep a run waiting when Telegram asks to wait; then the next run goes on."""
    timeout_seconds: Annotated[float, Field(gt=0)] = 60.0
    """Seconds without an answer after which the connection is opened anew."""
    overlap: Annotated[int, Field(ge=0)] = 500
    """So many of the last message ids are read again in every run, for edits, deletions and new counts."""
    comments_days: Annotated[int, Field(ge=1)] = 30
    """Posts younger than this are looked at for new comments in every run."""
    recheck_hours: Annotated[int, Field(ge=0)] = 48
    """Comments under posts younger than this are read again in every run, for edits and deletions."""
