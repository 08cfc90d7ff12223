"""Telegram's ids of users, chats and channels, in the one form that pseudonyms are made from."""

from __future__ import annotations

NAMESPACE = "telegram"
_KINDS = {0: "user", 1: "chat", 2: "channel"}


def peer(from_id: object) -> str:
    """ "user123", "chat123" or "channel123"; "" where there is none.

    Exports before 2021 give a number whose bits from 32 on say the kind (0 user, 1 chat, 2 channel), later ones the
    text.
    """
    if isinstance(from_id, str):
        return from_id.strip()
    if isinstance(from_id, bool) or not isinstance(from_id, int) or from_id <= 0:
        return ""
    kind = _KINDS.get(from_id >> 32)
    return f"{kind}{from_id & 0xFFFFFFFF}" if kind else f"user{from_id}"


def is_outlet(peer_id: str) -> bool:
    """Whether a channel speaks, or the group itself through an anonymous administrator."""
    return peer_id.startswith(("channel", "chat"))
