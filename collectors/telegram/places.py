"""Which channel or group an address leads to. Each name is looked up once: what it gave is kept in the bookmark."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal

from telethon.tl import functions, types

from collectors.batches import SourceUnavailable

Ask = Callable[[Any], Coroutine[Any, Any, Any]]
_LINK = re.compile(r"(?:https?://)?t\.me/(?:s/)?([^/?]+)(?:/([^/?]*))?(?:[/?].*)?", re.IGNORECASE)
_SUPERGROUP = 10**12
_DIALOGS = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, supergroup or basic group as this account can ask for it."""

    kind: Literal["channel", "chat"]
    id: int
    access_hash: int = 0

    @property
    def peer(self) -> Any:
        """What requests take."""
        if self.kind == "chat":
            return types.InputPeerChat(self.id)
        return types.InputPeerChannel(self.id, self.access_hash)

    @property
    def name(self) -> str:
        """ "channel123" or "chat123": the form that pseudonyms are made from."""
        return f"{self.kind}{self.id}"


@dataclass(frozen=True, slots=True)
class Found:
    """A place, with what Telegram calls it at present and whether it is a broadcast channel."""

    place: Place
    title: str = ""
    names: tuple[str, ...] = ()
    broadcast: bool = False


async def find(ask: Ask, address: str) -> Found:
    """The place at an address: a name, a t.me link, an invitation that was accepted, or a number.

    SourceUnavailable where it is a person, a group that has moved, or nothing that the account can see.
    """
    link = _LINK.fullmatch(address)
    first, rest = (link[1], link[2] or "") if link else (address, "")
    if first.startswith("+") or first == "joinchat":
        return _of(await _invited(ask, first.removeprefix("+") if first.startswith("+") else rest, address), address)
    number = rest if first == "c" else first
    if number.lstrip("-").isdecimal():
        return _of(await _numbered(ask, int(number), address), address)
    answer = await ask(functions.contacts.ResolveUsernameRequest(first.removeprefix("@")))
    if not answer.chats:
        raise SourceUnavailable(f"{address} is a person or a bot; pikir reads channels and groups")
    return _of(answer.chats[0], address)


def described(chat: Any) -> Found:
    """What Telegram says of a channel or group in an answer."""
    if isinstance(chat, types.Chat):
        return Found(Place("chat", chat.id), chat.title)
    names = [chat.username, *(name.username for name in chat.usernames or () if name.active)]
    place = Place("channel", chat.id, chat.access_hash or 0)
    return Found(place, chat.title, tuple(name for name in names if name), bool(chat.broadcast))


def _of(chat: Any, address: str) -> Found:
    if isinstance(chat, types.ChannelForbidden | types.ChatForbidden):
        raise SourceUnavailable(f"{address} is private, or this account was banned from it")
    if isinstance(chat, types.Chat) and chat.migrated_to is not None:
        raise migrated(address, chat.migrated_to.channel_id)
    if not isinstance(chat, types.Chat | types.Channel):
        raise SourceUnavailable(f"{address} is no channel or group that this account can read")
    return described(chat)


def migrated(address: str, channel_id: int) -> SourceUnavailable:
    """The error for a basic group that became a supergroup, whose ids begin anew."""
    return SourceUnavailable(
        f"{address} was migrated to the supergroup -{_SUPERGROUP + channel_id}: add that as a source of its own, its "
        "message ids begin anew. What was read of the old group stays"
    )


async def _invited(ask: Ask, invitation: str, address: str) -> Any:
    answer = await ask(functions.messages.CheckChatInviteRequest(invitation))
    if not isinstance(answer, types.ChatInviteAlready):
        raise SourceUnavailable(f"{address} is an invitation that this account has not accepted: join with it first")
    return answer.chat


async def _numbered(ask: Ask, number: int, address: str) -> Any:
    """Only the account's own chats can be asked for by number."""
    wanted = abs(number) - _SUPERGROUP if abs(number) > _SUPERGROUP else abs(number)
    offset: Any = types.InputPeerEmpty()
    date, message = None, 0
    while True:
        answer = await ask(
            functions.messages.GetDialogsRequest(
                offset_date=date, offset_id=message, offset_peer=offset, limit=_DIALOGS, hash=0
            )
        )
        for chat in answer.chats:
            if chat.id == wanted:
                return chat
        last = answer.messages[-1] if answer.messages else None
        if not isinstance(answer, types.messages.DialogsSlice) or last is None or last.id == message:
            raise SourceUnavailable(f"{address}: this account is in no channel or group of that number")
        date, message = last.date, last.id
