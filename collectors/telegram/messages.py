"""One message of a Telegram Desktop export → a post."""

from __future__ import annotations

from typing import Any

from collectors.batches import RecordError, Skip
from collectors.intake import Intake
from collectors.telegram.peers import NAMESPACE, is_outlet, peer
from collectors.values import clean, count, excerpt, plain_text
from storage.records import Post, Voice

_NO_MESSAGE = ("service", "unsupported")
# Entities that Telegram itself marks as contact data. A mention_name is a person's name linked to the account.
_ENTITY_TOKENS = {
    "mention": "[user]",
    "mention_name": "[user]",
    "email": "[email]",
    "phone": "[phone]",
    "bank_card": "[card]",
}


class Messages:
    """Turns one message into a post.

    In a channel the channel speaks. Elsewhere people do, except the linked channel and anonymous administrators. A
    poll's text is its question; the answers on offer are nobody's words.
    """

    def __init__(self, intake: Intake, chat_id: str = "") -> None:
        self._intake = intake
        self._chat = f"channel{chat_id}" if chat_id else intake.source.source

    def __call__(self, message: dict[str, Any]) -> Post | Skip:
        """The post; Skip for service messages and for media without a caption. RecordError where id or date fail."""
        intake = self._intake
        if message.get("type") in _NO_MESSAGE:
            return Skip.SERVICE
        native_id = _message_id(message.get("id"))
        text = intake.text(self._text(message))
        if not text:
            return Skip.EMPTY
        speaker = peer(message.get("from_id"))
        voice: Voice = "outlet" if intake.outlet or is_outlet(speaker) else "person"
        if speaker or voice == "outlet":
            author = intake.author(speaker or self._chat, NAMESPACE)
        else:
            author = intake.author(_name(message.get("from")), f"{NAMESPACE}-name")
        edited = message.get("edited_unixtime") or message.get("edited")
        return Post(
            source=intake.source.source,
            native_id=native_id,
            posted_at=intake.time(message.get("date_unixtime") or message.get("date")),
            text=text,
            author=author,
            voice=voice,
            reply_to=_reply_to(message),
            forwarded_from=self._forwarded_from(message),
            # Old exports write 1970 for messages that were never edited.
            edited_at=intake.clock.read_optional(edited),
            views=count(message.get("views")),
            forwards=count(message.get("forwards")),
            reactions=count(message.get("reactions")),
        )

    def _text(self, message: dict[str, Any]) -> str:
        text = message.get("text")
        if self._intake.mask and isinstance(text, list):
            text = [_masked_entity(part) for part in text]
        written = plain_text(text)
        poll = message.get("poll")
        question = poll.get("question") if isinstance(poll, dict) else None
        return f"{written}\n{plain_text(question)}" if isinstance(question, str | list) else written

    def _forwarded_from(self, message: dict[str, Any]) -> str:
        """A channel's title in clear, a pseudonym of anything that may be a person."""
        if "forwarded_from" not in message and "forwarded_from_id" not in message:
            return ""
        origin = peer(message.get("forwarded_from_id"))
        name = _name(message.get("forwarded_from"))
        if is_outlet(origin):
            return self._intake.text(name)[:200] or origin
        if origin:
            return self._intake.author(origin, NAMESPACE)
        return self._intake.author(name, f"{NAMESPACE}-name")


def _masked_entity(part: object) -> object:
    kind = part.get("type") if isinstance(part, dict) else None
    return _ENTITY_TOKENS.get(kind, part) if isinstance(kind, str) else part


def _message_id(value: object) -> str:
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        found = "missing" if value is None else f"not a message number: {excerpt(value, 40)}"
        raise RecordError(f"the id is {found}")
    return str(value)


def _reply_to(message: dict[str, Any]) -> str:
    """A reply to a message of another chat is no reply within this source."""
    target = message.get("reply_to_message_id")
    sound = isinstance(target, int) and not isinstance(target, bool) and abs(target) < 2**63
    return str(target) if sound and not message.get("reply_to_peer_id") else ""


def _name(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""
