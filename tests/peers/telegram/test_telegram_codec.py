"""What goes over the wire, read by another codec of the same schema (kurigram's): it is Telegram's."""

from __future__ import annotations

import io
import warnings
from typing import Any

from telegram_peer import Peer
from telegram_world import Chat


def decoder() -> Any:
    with warnings.catch_warnings():
        # The package makes an event loop as it is imported.
        warnings.simplefilter("ignore")
        from pyrogram.raw.core import TLObject
    return lambda body: TLObject.read(io.BytesIO(body))


def test_requests_and_answers_are_those_of_the_schema(peer: Peer) -> None:
    group = Chat(555, None, "Qala talk", broadcast=False)
    chat = Chat(1234, "qala_news", "Qala News", group=group)
    peer.world.chats.update({1234: chat, 555: group})
    for number in range(1, 151):
        chat.post(number, f"Пост {number}: жаңалық")
    chat.comment(2, 101, "Первый", author=1)
    peer.configure({"name": "comments", "kind": "comments", "telegram": "qala_news"})
    peer.server.record = True
    assert peer.run()["comments"].new == 1

    read = decoder()
    talk = [(read(request), read(answer)) for request, answer in peer.server.bodies]
    names = [request.QUALNAME.rsplit(".", 1)[1] for request, _ in talk]
    assert {"ResolveUsername", "GetHistory", "GetReplies", "GetDiscussionMessage"} <= set(names)
    pages = [answer for request, answer in talk if request.QUALNAME.endswith("GetHistory") and request.limit == 100]
    assert sorted(message.id for page in pages for message in page.messages) == list(range(1, 151))
    assert {message.message for page in pages for message in page.messages} == {
        f"Пост {number}: жаңалық" for number in range(1, 151)
    }
