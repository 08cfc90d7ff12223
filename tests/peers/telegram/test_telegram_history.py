"""Channels and groups, read by the real client from a loopback server: complete, resumed, and honest about gaps."""

from __future__ import annotations

import datetime as dt

from telegram_peer import Peer
from telegram_world import NOW, Chat
from telethon.helpers import add_surrogate
from telethon.tl import types

from storage.gaps import gaps_of
from storage.source_states import source_states


def channel(peer: Peer, posts: int, **more: object) -> Chat:
    chat = Chat(1234, "qala_news", "Qala News", **more)  # type: ignore[arg-type]
    for number in range(1, posts + 1):
        chat.post(number, f"Пост {number}: жаңалық")
    peer.world.chats[chat.id] = chat
    peer.configure({"name": "news", "kind": "channel", "telegram": "@qala_news"}, overlap=50)
    return chat


def test_ten_thousand_messages_once_each(peer: Peer) -> None:
    channel(peer, 10_000)
    result = peer.run()["news"]

    assert (result.new, result.changed, result.error) == (10_000, 0, "")
    assert peer.posts("news").keys() == set(range(1, 10_001))
    pages = [request.min_id for request in peer.server.asked("GetHistory") if request.limit == 100]
    assert pages == list(range(0, 10_000, 100)), "each page once, ascending"

    again = peer.run()["news"]
    assert (again.new, again.changed, again.unchanged) == (0, 0, 50)
    assert len(peer.server.asked("ResolveUsername")) == 1, "a name is looked up once"


def test_a_post_keeps_what_telegram_says_of_it(peer: Peer) -> None:
    chat = channel(peer, 3)
    text = "💉 звоните +7 701 123 45 67 или @somebody, и Вася"
    chat.messages[2] = types.Message(
        id=2,
        peer_id=types.PeerChannel(1234),
        date=NOW,
        post=True,
        message=text,
        entities=[types.MessageEntityMentionName(len(add_surrogate(text)) - 4, 4, 77)],
        views=40,
        forwards=3,
        edit_date=NOW + dt.timedelta(hours=1),
        fwd_from=types.MessageFwdHeader(date=NOW, from_id=types.PeerUser(4321)),
        reply_to=types.MessageReplyHeader(reply_to_msg_id=1),
        reactions=types.MessageReactions(
            results=[
                types.ReactionCount(types.ReactionEmoji("👍"), 5),
                types.ReactionCount(types.ReactionEmoji("👎"), 2),
            ]
        ),
    )
    peer.run()
    post = peer.posts("news")[2]

    assert post.text == "💉 звоните [phone] или [user], и [user]"
    assert (post.views, post.forwards, post.reactions, post.reply_to) == (40, 3, 7, "1")
    assert post.edited_at == NOW + dt.timedelta(hours=1)
    assert post.voice == "outlet"
    assert post.author == peer.posts("news")[1].author != ""
    assert post.forwarded_from not in ("", "user4321")
    stored = b"".join(file.read_bytes() for file in peer.place.glob("pikir.db*") if file.is_file())
    assert b"4321" not in stored, "a raw id never leaves the collector"
    assert b"somebody" not in stored


def test_edits_deletions_and_counts_of_the_last_posts_are_followed(peer: Peer) -> None:
    chat = channel(peer, 120)
    peer.run()
    chat.post(100, "Исправлено", edit_date=NOW)
    chat.messages[110].views = 7
    for number in (90, 91, 120):
        del chat.messages[number]
    chat.messages[105] = types.MessageEmpty(id=105, peer_id=types.PeerChannel(1234))
    chat.post(121, "Новый")
    del chat.messages[30]
    result = peer.run()["news"]

    posts = peer.posts("news")
    assert (result.new, result.deleted) == (1, 4)
    assert posts[100].text == "Исправлено"
    assert posts[110].views == 7
    assert {number for number, post in posts.items() if post.deleted_at} == {90, 91, 105, 120}, (
        "30 is beyond the overlap"
    )
    with peer.open() as database, database.read() as c:
        gaps = [(gap.first, gap.last, gap.state) for gap in gaps_of(c, "news")]
    assert gaps == [(90, 91, "deleted"), (105, 105, "deleted"), (120, 120, "deleted")]


def test_ids_that_were_never_shown_are_unknown(peer: Peer) -> None:
    chat = channel(peer, 300)
    for number in (*range(1, 6), *range(95, 106), 250):
        del chat.messages[number]
    chat.messages[200] = types.MessageService(
        id=200, peer_id=types.PeerChannel(1234), date=NOW, action=types.MessageActionPinMessage()
    )
    result = peer.run()["news"]

    assert (result.new, result.skipped) == (300 - 17 - 1, 1)
    with peer.open() as database, database.read() as c:
        gaps = [(gap.first, gap.last, gap.state) for gap in gaps_of(c, "news")]
        state = source_states(c)["news"]
    assert gaps == [(1, 5, "unknown"), (95, 105, "unknown"), (250, 250, "unknown")]
    assert (state.state, state.first_id, state.last_id) == ("ok", 1, 300)
    assert sum(row.gaps for row in peer.rows("coverage")) == 17


def test_reading_begins_at_a_day_or_an_id_and_goes_back_when_asked(peer: Peer) -> None:
    chat = channel(peer, 300)
    for number, message in chat.messages.items():
        message.date = NOW - dt.timedelta(days=300 - number)
    source = {"name": "news", "kind": "channel", "telegram": "https://t.me/qala_news"}
    day = (NOW - dt.timedelta(days=20)).astimezone(dt.timezone(dt.timedelta(hours=5))).date()
    peer.configure({**source, "since": day})
    peer.run()
    assert min(peer.posts("news")) in (279, 280, 281)
    peer.configure({**source, "since_id": 150})
    peer.run()
    assert peer.posts("news").keys() == set(range(150, 301))
    peer.configure(source)
    peer.run()
    assert peer.posts("news").keys() == set(range(1, 301))


def test_a_group_is_people(peer: Peer) -> None:
    chat = Chat(77, "qala_chat", broadcast=False)
    peer.world.chats[77] = chat
    chat.post(1, "Сәлем", from_id=types.PeerUser(10))
    chat.post(2, "Жауап", from_id=types.PeerUser(11), reply_to=types.MessageReplyHeader(reply_to_msg_id=1))
    chat.post(3, "Объявление")
    peer.configure({"name": "chat", "kind": "group", "telegram": "-1000000000077"})
    peer.run()
    posts = peer.posts("chat")

    assert [post.voice for post in posts.values()] == ["person", "person", "outlet"]
    assert len({post.author for post in posts.values()}) == 3
    assert posts[2].reply_to == "1"
