"""The loopback Telegram as a fixture."""

from telegram_peer import peer

__all__ = ["peer"]
