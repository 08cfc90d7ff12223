"""One message as Telethon gives it → a post, the same as the export of Telegram Desktop would give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from telethon.helpers import add_surrogate, del_surrogate
from telethon.tl import types

from collectors.batches import Skip
from collectors.intake import Intake
from collectors.telegram.peers import NAMESPACE, is_outlet
from collectors.telegram.places import Place
from storage.records import Post, Voice

_TOKENS = {
    types.MessageEntityMention: "[user]",
    types.MessageEntityMentionName: "[user]",
    types.MessageEntityEmail: "[email]",
    types.MessageEntityPhone: "[phone]",
    types.MessageEntityBankCard: "[card]",
}


class LiveMessages:
    """Turns messages of one channel or group into posts; names of people never leave it."""

    def __init__(self, intake: Intake, place: Place) -> None:
        self._intake = intake
        self._place = place

    def __call__(self, message: Any, titles: Mapping[str, str], thread: str = "", top: int = 0) -> Post | Skip:
        """The post; Skip for service messages and for media without a caption. RecordError where the time fails.

        `titles`: names of channels by "channel123", for the origin of forwards. In comments, `thread` is the channel's
        post and `top` its copy in the group: an answer to that answers nobody.
        """
        if not isinstance(message, types.Message):
            return Skip.SERVICE
        intake = self._intake
        text = intake.text(self._text(message))
        if not text:
            return Skip.EMPTY
        speaker = peer_name(message.from_id)
        voice: Voice = "outlet" if intake.outlet or not speaker or is_outlet(speaker) else "person"
        return Post(
            source=intake.source.source,
            native_id=str(message.id),
            posted_at=intake.time(message.date.timestamp()),
            text=text,
            author=intake.author(speaker or self._place.name, NAMESPACE),
            voice=voice,
            thread=thread or _topic(message),
            reply_to=_reply_to(message, top),
            forwarded_from=self._origin(message.fwd_from, titles),
            edited_at=None if message.edit_hide else message.edit_date,
            views=message.views,
            forwards=message.forwards,
            reactions=_reactions(message.reactions),
        )

    def _text(self, message: types.Message) -> str:
        text = message.message or ""
        if self._intake.mask and message.entities:
            text = _masked(text, message.entities)
        if isinstance(message.media, types.MessageMediaPoll):
            question = message.media.poll.question
            text = f"{text}\n{getattr(question, 'text', question)}"
        return text

    def _origin(self, header: Any, titles: Mapping[str, str]) -> str:
        """A channel's title in clear, a pseudonym of anything that may be a person."""
        if header is None:
            return ""
        origin = peer_name(header.from_id)
        if is_outlet(origin):
            return self._intake.text(titles.get(origin, ""))[:200] or origin
        if origin:
            return self._intake.author(origin, NAMESPACE)
        return self._intake.author(header.from_name or "", f"{NAMESPACE}-name")


def peer_name(peer: Any) -> str:
    """ "user123", "chat123" or "channel123"; "" where nobody is named."""
    if isinstance(peer, types.PeerUser):
        return f"user{peer.user_id}"
    if isinstance(peer, types.PeerChannel):
        return f"channel{peer.channel_id}"
    return f"chat{peer.chat_id}" if isinstance(peer, types.PeerChat) else ""


def titles_of(chats: Iterable[Any]) -> dict[str, str]:
    """The titles of the channels and groups that came with an answer, by "channel123"."""
    return {
        f"{'chat' if isinstance(chat, types.Chat | types.ChatForbidden) else 'channel'}{chat.id}": chat.title
        for chat in chats
        if getattr(chat, "title", "")
    }


def _masked(text: str, entities: Iterable[Any]) -> str:
    """Entities count in UTF-16 units."""
    units = add_surrogate(text)
    for entity in sorted(entities, key=lambda one: -one.offset):
        token = _TOKENS.get(type(entity))
        if token:
            units = units[: entity.offset] + token + units[entity.offset + entity.length :]
    return str(del_surrogate(units))


def _reply_to(message: types.Message, top: int) -> str:
    """A reply to a message of another chat is no reply within this source."""
    header = message.reply_to
    if not isinstance(header, types.MessageReplyHeader) or header.reply_to_peer_id is not None:
        return ""
    answered = header.reply_to_msg_id
    return "" if not answered or answered == top else str(answered)


def _topic(message: types.Message) -> str:
    header = message.reply_to
    top = getattr(header, "reply_to_top_id", None) or (
        header.reply_to_msg_id if getattr(header, "forum_topic", False) else None
    )
    return str(top) if top else ""


def _reactions(reactions: Any) -> int | None:
    return None if reactions is None else sum(one.count for one in reactions.results)
