"""A message as Telethon gives it and the same message in an export of Telegram Desktop are the same post."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from reading import PSEUDONYMISER
from telethon.tl import types

from collectors.batches import RecordError, Skip
from collectors.intake import Intake
from collectors.telegram.live_messages import LiveMessages
from collectors.telegram.messages import Messages
from collectors.telegram.places import Place
from collectors.values import Clock
from storage.records import Post, Source

AT = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)
INTAKE = Intake(Source("demo", "group"), PSEUDONYMISER, Clock(ZoneInfo("Asia/Almaty"), AT + dt.timedelta(days=1)))
LIVE = LiveMessages(INTAKE, Place("channel", 77, 1))


def message(text: str, **more: Any) -> types.Message:
    return types.Message(id=5, peer_id=types.PeerChannel(77), date=AT, message=text, **more)


@pytest.mark.parametrize(
    ("live", "exported"),
    [
        ({"from_id": types.PeerUser(10)}, {"from_id": "user10"}),
        ({"from_id": types.PeerChannel(99)}, {"from_id": "channel99"}),
        ({}, {"from_id": "channel77"}),
        (
            {"from_id": types.PeerUser(10), "reply_to": types.MessageReplyHeader(reply_to_msg_id=4)},
            {"from_id": "user10", "reply_to_message_id": 4},
        ),
        (
            {
                "from_id": types.PeerUser(10),
                "fwd_from": types.MessageFwdHeader(date=AT, from_id=types.PeerChannel(99), channel_post=3),
            },
            {"from_id": "user10", "forwarded_from_id": "channel99", "forwarded_from": "Жаңалық"},
        ),
        (
            {"from_id": types.PeerUser(10), "fwd_from": types.MessageFwdHeader(date=AT, from_name="Кто-то")},
            {"from_id": "user10", "forwarded_from": "Кто-то"},
        ),
        (
            {"from_id": types.PeerUser(10), "edit_date": AT + dt.timedelta(minutes=1)},
            {"from_id": "user10", "edited_unixtime": str(int(AT.timestamp()) + 60)},
        ),
    ],
)
def test_the_same_post_from_both(live: dict[str, Any], exported: dict[str, Any]) -> None:
    text = "Сәлем, пишите на anna@example.com"
    row = {"id": 5, "type": "message", "date_unixtime": str(int(AT.timestamp())), "text": text} | exported
    one = LIVE(message(text, **live), {"channel99": "Жаңалық"})
    assert one == Messages(INTAKE, "77")(row)
    assert isinstance(one, Post)
    assert "[email]" in one.text


def test_an_edit_that_telegram_hides_is_none_and_media_without_words_is_no_post() -> None:
    hidden = LIVE(message("Сәлем", edit_date=AT, edit_hide=True), {})
    assert isinstance(hidden, Post)
    assert hidden.edited_at is None
    assert LIVE(message(""), {}) is Skip.EMPTY
    service = types.MessageService(id=6, peer_id=types.PeerChannel(77), date=AT, action=types.MessageActionPinMessage())
    assert LIVE(service, {}) is Skip.SERVICE


def test_a_date_that_cannot_be_is_refused() -> None:
    with pytest.raises(RecordError, match="lies outside"):
        LIVE(replace_date(message("Сәлем"), dt.datetime(1999, 1, 1, tzinfo=dt.UTC)), {})


def replace_date(made: types.Message, date: dt.datetime) -> types.Message:
    made.date = date
    return made


def test_a_reply_to_another_chat_is_none_here_and_a_topic_is_a_thread() -> None:
    elsewhere = types.MessageReplyHeader(reply_to_msg_id=4, reply_to_peer_id=types.PeerChannel(9))
    topic = types.MessageReplyHeader(reply_to_msg_id=7, forum_topic=True)
    outlet = LiveMessages(replace(INTAKE, source=Source("demo", "channel")), Place("channel", 77))
    assert outlet(message("а", reply_to=elsewhere), {}).reply_to == ""  # type: ignore[union-attr]
    assert LIVE(message("а", reply_to=topic), {}).thread == "7"  # type: ignore[union-attr]
