"""A small Telegram: channels, groups and comments in memory, and what the server answers about them."""

from __future__ import annotations

import datetime as dt
import struct
from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from telegram_wire import RpcError
from telethon.tl import types

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
ME = types.User(id=1, is_self=True, first_name="Reader", access_hash=5)


@dataclass
class Chat:
    """One channel or supergroup. `messages`: id → message; a deleted one is not there."""

    id: int
    username: str | None = None
    title: str = "A chat"
    broadcast: bool = True
    messages: dict[int, Any] = field(default_factory=dict)
    threads: dict[int, int] = field(default_factory=dict)
    group: Chat | None = None
    error: str = ""
    migrated_to: int | None = None
    access_hash: int = 77

    @property
    def described(self) -> Any:
        if self.migrated_to:
            photo, moved = types.ChatPhotoEmpty(), types.InputChannel(self.migrated_to, 9)
            return types.Chat(self.id, self.title, photo, 5, NOW, 1, deactivated=True, migrated_to=moved)
        return types.Channel(
            id=self.id,
            title=self.title,
            photo=types.ChatPhotoEmpty(),
            date=NOW,
            access_hash=self.access_hash,
            username=self.username,
            broadcast=self.broadcast,
            megagroup=not self.broadcast,
        )

    def post(self, number: int, text: str, **more: Any) -> Any:
        """A message of this chat; a minute apart in time, the newest about now."""
        more.setdefault("date", NOW - dt.timedelta(days=3) + dt.timedelta(seconds=number))
        if self.broadcast:
            more = {"post": True, "views": number * 10, "forwards": number} | more
        made = types.Message(id=number, peer_id=types.PeerChannel(self.id), message=text, **more)
        self.messages[number] = made
        return made

    def comment(self, post: int, number: int, text: str, author: int, answers: int | None = None, **more: Any) -> Any:
        """A comment under a post of this channel, in its discussion group."""
        assert self.group is not None
        copy = self.threads.get(post) or self._copy(post, number - 1)
        header = types.MessageReplyHeader(reply_to_msg_id=answers or copy, reply_to_top_id=copy if answers else None)
        made = self.group.post(number, text, from_id=types.PeerUser(author), reply_to=header, **more)
        self.count(post)
        return made

    def count(self, post: int) -> None:
        """Brings what the post says of its comments up to date."""
        found = self.replies(post)
        newest = max((one.id for one in found), default=None)
        self.messages[post].replies = types.MessageReplies(
            replies=len(found), replies_pts=1, comments=True, channel_id=self.group.id, max_id=newest
        )

    def replies(self, post: int) -> list[Any]:
        copy = self.threads.get(post)
        headers = ((one, one.reply_to) for one in self.group.messages.values())
        return [one for one, header in headers if header and copy in (header.reply_to_msg_id, header.reply_to_top_id)]

    def _copy(self, post: int, number: int) -> int:
        self.threads[post] = number
        origin = types.MessageFwdHeader(date=NOW, from_id=types.PeerChannel(self.id), channel_post=post)
        self.group.post(number, self.messages[post].message, fwd_from=origin)
        return number


class World:
    """The chats, and faults that are due: `world.due("GetHistory", None, RpcError(420, "FLOOD_WAIT_2"))`."""

    def __init__(self, *chats: Chat) -> None:
        self.chats = {chat.id: chat for chat in chats}
        self.signed_in = True
        self._due: defaultdict[str, deque[Exception | None]] = defaultdict(deque)

    def due(self, method: str, *faults: Exception | None) -> None:
        """The next requests of the method fail so, one each; None lets one through."""
        self._due[method].extend(faults)

    def __call__(self, request: Any) -> Any:
        """The answer."""
        name = type(request).__name__.removesuffix("Request")
        if self._due[name]:
            fault = self._due[name].popleft()
            if fault is not None:
                raise fault
        answer = getattr(self, f"_{name}", None)
        if answer is None:
            raise RpcError(501, f"NOT_IMPLEMENTED_{name}")
        return answer(request)

    def _GetConfig(self, _: Any) -> Any:  # noqa: N802
        numbers = (
            "chat_size_max megagroup_size_max forwarded_count_max online_update_period_ms offline_blur_timeout_ms "
            "offline_idle_timeout_ms online_cloud_timeout_ms notify_cloud_delay_ms notify_default_delay_ms "
            "push_chat_period_ms push_chat_limit edit_time_limit revoke_time_limit revoke_pm_time_limit rating_e_decay "
            "stickers_recent_limit channels_read_media_period call_receive_timeout_ms call_ring_timeout_ms "
            "call_connect_timeout_ms call_packet_timeout_ms caption_length_max message_length_max webfile_dc_id"
        )
        return types.Config(
            date=NOW,
            expires=NOW + dt.timedelta(days=1),
            test_mode=True,
            this_dc=2,
            dc_options=[],
            dc_txt_domain_name="",
            me_url_prefix="",
            **dict.fromkeys(numbers.split(), 1),
        )

    def _GetState(self, _: Any) -> Any:  # noqa: N802
        if not self.signed_in:
            raise RpcError(401, "AUTH_KEY_UNREGISTERED")
        return types.updates.State(pts=1, qts=0, date=NOW, seq=1, unread_count=0)

    def _GetUsers(self, _: Any) -> Any:  # noqa: N802
        if not self.signed_in:
            raise RpcError(401, "AUTH_KEY_UNREGISTERED")
        return struct.pack("<Ii", 0x1CB5C415, 1) + bytes(ME)

    def _GetDifference(self, _: Any) -> Any:  # noqa: N802
        return types.updates.DifferenceEmpty(date=NOW, seq=1)

    def _GetChannelDifference(self, request: Any) -> Any:  # noqa: N802
        return types.updates.ChannelDifferenceEmpty(pts=request.pts, final=True, timeout=30)

    def _ResolveUsername(self, request: Any) -> Any:  # noqa: N802
        for chat in self.chats.values():
            if chat.username == request.username:
                return types.contacts.ResolvedPeer(types.PeerChannel(chat.id), [chat.described], [])
        raise RpcError(400, "USERNAME_NOT_OCCUPIED")

    def _GetDialogs(self, _: Any) -> Any:  # noqa: N802
        return types.messages.Dialogs([], [], [chat.described for chat in self.chats.values()], [])

    def _GetHistory(self, request: Any) -> Any:  # noqa: N802
        chat = self._chat(request.peer)
        return self._page(chat, chat.messages, request)

    def _GetReplies(self, request: Any) -> Any:  # noqa: N802
        chat = self._chat(request.peer)
        if request.msg_id not in chat.threads:
            raise RpcError(400, "MSG_ID_INVALID")
        self._refuse(chat.group)
        return self._page(chat.group, {one.id: one for one in chat.replies(request.msg_id)}, request)

    def _GetDiscussionMessage(self, request: Any) -> Any:  # noqa: N802
        chat = self._chat(request.peer)
        self._refuse(chat.group)
        if request.msg_id not in chat.threads:
            raise RpcError(400, "MSG_ID_INVALID")
        copy = chat.group.messages[chat.threads[request.msg_id]]
        return types.messages.DiscussionMessage([copy], 0, [chat.described, chat.group.described], [])

    def _chat(self, peer: Any) -> Chat:
        chat = self.chats[getattr(peer, "channel_id", None) or peer.chat_id]
        if isinstance(peer, types.InputPeerChannel) and peer.access_hash != chat.access_hash:
            raise RpcError(400, "CHANNEL_INVALID")
        self._refuse(chat)
        return chat

    def _refuse(self, chat: Chat) -> None:
        if chat.error:
            raise RpcError(400, chat.error)

    def _page(self, chat: Chat, found: dict[int, Any], request: Any) -> Any:
        """Newest first, from `add_offset` before the first message older than `offset_id`, as Telegram does."""
        ids = sorted(found)
        if request.offset_date and request.offset_date.year > 1970:
            ids = [number for number in ids if found[number].date < request.offset_date]
        ids = ids[bisect_right(ids, request.min_id) : bisect_left(ids, request.max_id) if request.max_id else None]
        older = bisect_left(ids, request.offset_id) if request.offset_id else len(ids)
        end = older - request.add_offset
        page = ids[max(end - min(request.limit, 100), 0) : max(end, 0)]
        return types.messages.ChannelMessages(
            pts=1,
            count=len(found),
            messages=[found[number] for number in reversed(page)],
            topics=[],
            chats=[chat.described],
            users=[],
        )
