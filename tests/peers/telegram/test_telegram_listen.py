"""Live updates through the real client: stored within seconds under the keys of the regular run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from telegram_peer import Peer
from telegram_world import NOW, Chat
from telethon.tl import types

from flows.listen import listen
from flows.telegram import Telegram
from flows.workspace import open_workspace


@contextmanager
def listening(peer: Peer) -> Iterator[None]:
    """`pikir listen` on a thread, from the moment at which the client wants updates."""
    stop = threading.Event()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            with (
                open_workspace(str(peer.place / "configs"), peer.url) as workspace,
                Telegram(workspace.settings, updates=True) as telegram,
            ):
                for _ in listen(workspace, telegram, 3600, stop.is_set):
                    pass
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        until(lambda: peer.server.listeners() > 0 and bool(peer.rows("cursors")))
        yield
    finally:
        stop.set()
        thread.join(60)
    assert errors == []


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def push(peer: Peer, chat: Chat, update: object) -> None:
    peer.server.push(types.Updates([update], [], [chat.described], NOW, 0))


def test_what_is_written_edited_and_deleted_now(peer: Peer) -> None:
    group = Chat(555, None, "Qala talk", broadcast=False)
    chat = Chat(1234, "qala_news", "Qala News", group=group)
    peer.world.chats.update({1234: chat, 555: group})
    for number in range(1, 21):
        chat.post(number, f"Пост {number}")
    chat.comment(2, 101, "Первый", author=1)
    news = {"name": "news", "kind": "channel", "telegram": "qala_news"}
    talk = {"name": "talk", "kind": "group", "telegram": "-1000000000555"}
    peer.configure({"name": "comments", "kind": "comments", "telegram": "qala_news"}, news, talk)

    with listening(peer):
        until(lambda: len(peer.posts("news")) == 20)
        new = chat.post(21, "Живое")
        push(peer, chat, types.UpdateNewChannelMessage(new, pts=2, pts_count=1))
        edited = chat.post(5, "Исправлено", edit_date=NOW)
        push(peer, chat, types.UpdateEditChannelMessage(edited, pts=3, pts_count=1))
        del chat.messages[6]
        push(peer, chat, types.UpdateDeleteChannelMessages(1234, [6], pts=4, pts_count=1))
        answer = chat.comment(2, 102, "Ответ", author=2, answers=101)
        push(peer, group, types.UpdateNewChannelMessage(answer, pts=2, pts_count=1))
        until(lambda: 21 in peer.posts("news") and 102 in peer.posts("comments") and 102 in peer.posts("talk"))
        until(lambda: peer.posts("news")[6].deleted_at is not None and peer.posts("news")[5].text == "Исправлено")

        peer.server.hang_up()
        until(lambda: peer.server.listeners() > 0)
        push(peer, chat, types.UpdateNewChannelMessage(chat.post(22, "После обрыва"), pts=5, pts_count=1))
        until(lambda: 22 in peer.posts("news"))

    assert 101 in peer.posts("talk"), "the group is read for itself as well"
    live = peer.posts("comments")[102]
    assert (live.thread, live.reply_to) == ("2", "101")
    results = peer.run()
    assert [results[name].new for name in ("news", "comments", "talk")] == [0, 0, 0], "the same keys"
    assert results["news"].changed == 0
    assert peer.posts("news").keys() == set(range(1, 23))
    assert len(peer.server.asked("ResolveUsername")) == 1, "two sources name the channel, and it was looked up once"
