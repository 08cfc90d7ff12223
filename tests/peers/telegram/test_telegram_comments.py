"""The comments under a channel's posts: whole threads, answers, what is new, and what was deleted."""

from __future__ import annotations

import datetime as dt

from telegram_peer import Peer
from telegram_world import NOW, Chat
from telethon.tl import types

COMMENTS = {"name": "comments", "kind": "comments", "telegram": "qala_news"}


def commented(peer: Peer, posts: int = 30) -> Chat:
    """A channel with comments under its second and third post, in a group with talk of its own."""
    group = Chat(555, None, "Qala talk", broadcast=False)
    chat = Chat(1234, "qala_news", "Qala News", group=group)
    for number in range(1, posts + 1):
        chat.post(number, f"Пост {number}")
    peer.world.chats.update({1234: chat, 555: group})
    for number in range(250):
        chat.comment(2, 1000 + number * 2, f"Пікір {number}", author=number % 40)
    chat.comment(3, 2000, "Первый", author=1)
    chat.comment(3, 2001, "Ответ первому", author=2, answers=2000)
    group.post(3000, "Разговор без поста", from_id=types.PeerUser(9))
    peer.configure(COMMENTS, recheck_hours=24)
    return chat


def test_threads_are_read_whole_and_once(peer: Peer) -> None:
    chat = commented(peer)
    result = peer.run()["comments"]
    posts = peer.posts("comments")

    assert (result.new, result.error, result.notes) == (252, "", ())
    assert {post.thread for post in posts.values()} == {"2", "3"}
    assert (posts[2000].reply_to, posts[2001].reply_to) == ("", "2000")
    assert {post.voice for post in posts.values()} == {"person"}
    assert len({post.author for post in posts.values()}) == 40
    assert len(peer.server.asked("GetDiscussionMessage")) == 2
    assert len(peer.server.asked("GetReplies")) == 4 + 2

    peer.server.log.clear()
    assert peer.run()["comments"].new == 0
    assert peer.server.asked("GetReplies") == [], "no thread has changed"

    chat.comment(2, 4000, "Ещё", author=1)
    chat.comment(5, 4002, "Под другим", author=3)
    peer.server.log.clear()
    assert peer.run()["comments"].new == 2
    assert [request.msg_id for request in peer.server.asked("GetReplies")] == [2, 2, 5, 5], "only what is new"


def test_deleted_comments_show_in_the_number_and_edits_while_the_post_is_young(peer: Peer) -> None:
    chat = commented(peer)
    peer.run()
    for number in (1000, 1100, 1498):
        del chat.group.messages[number]
    chat.count(2)
    result = peer.run()["comments"]
    assert (result.new, result.deleted) == (0, 3)
    posts = peer.posts("comments")
    assert {number for number, post in posts.items() if post.deleted_at} == {1000, 1100, 1498}

    chat.group.messages[2000].message = "Первый, исправлено"
    chat.group.messages[2000].edit_date = NOW
    peer.configure(COMMENTS, recheck_hours=24 * 30)
    assert peer.run()["comments"].changed == 1
    assert peer.posts("comments")[2000].text == "Первый, исправлено"


def test_old_posts_are_read_once_and_closed_threads_are_counted(peer: Peer) -> None:
    chat = commented(peer)
    chat.messages[3].date = NOW - dt.timedelta(days=90)
    peer.run()
    chat.comment(3, 5000, "Поздний", author=1)
    chat.group.error = "CHANNEL_PRIVATE"
    chat.comment(7, 5002, "Под новым", author=1)
    result = peer.run()["comments"]
    assert (result.new, result.error) == (0, "")
    assert "1 posts of qala_news have comments that this account may not see" in result.notes


def test_a_thread_whose_last_comment_or_post_is_gone_is_settled_once(peer: Peer) -> None:
    chat = commented(peer)
    peer.run()
    del chat.group.messages[1498]
    chat.count(2)
    del chat.messages[1]
    assert peer.run()["comments"].deleted == 1
    peer.server.log.clear()
    assert peer.run()["comments"].deleted == 0
    assert peer.server.asked("GetReplies") == []
    del chat.messages[2]
    peer.run()
    assert {post.thread for post in peer.posts("comments").values()} == {"2", "3"}, "what was said stays"


def test_a_group_that_is_closed_from_the_start_marks_the_source(peer: Peer) -> None:
    chat = commented(peer)
    for post in (10, 11):
        chat.comment(post, 6000 + 10 * post, "Тағы", author=1)
    chat.group.error = "CHANNEL_PRIVATE"
    result = peer.run()["comments"]
    assert "may not see the comments of qala_news: join its group" in result.error
    assert len(peer.server.asked("GetDiscussionMessage")) == 3
