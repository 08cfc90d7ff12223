"""Waits, broken lines, private and moved sources: nothing is lost or doubled, and the others go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from telegram_peer import Peer
from telegram_wire import Drop, Hang, RpcError
from telegram_world import NOW, Chat
from telethon.tl import types

from storage.source_states import source_states

NEWS = {"name": "news", "kind": "channel", "telegram": "qala_news"}


def channel(peer: Peer, posts: int, number: int = 1234, name: str = "qala_news") -> Chat:
    chat = Chat(number, name)
    for post in range(1, posts + 1):
        chat.post(post, f"Пост {post}")
    peer.world.chats[number] = chat
    return chat


def test_a_wait_is_honoured_to_the_second_and_shown(peer: Peer) -> None:
    channel(peer, 500)
    peer.configure(NEWS)
    peer.world.due("GetHistory", None, None, None, RpcError(420, "FLOOD_WAIT_2"))
    said: list[str] = []
    result = peer.run(said.append)["news"]

    assert (result.new, result.error) == (500, "")
    assert [line.split(",")[0] for line in said] == ["Telegram asked to wait 2 s before GetHistory", ""]
    times = [at for at, request in peer.server.log if type(request).__name__ == "GetHistoryRequest"]
    assert 2 <= times[4] - times[3] < 20


def test_requests_of_one_method_keep_their_pace(peer: Peer) -> None:
    channel(peer, 500)
    peer.configure(NEWS, pace={"history": 0.2, "resolve": 0, "other": 0})
    assert peer.run()["news"].new == 500
    times = [at for at, request in peer.server.log if type(request).__name__ == "GetHistoryRequest"]
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.1


def test_a_longer_wait_leaves_the_source_and_all_that_need_the_method_for_the_next_run(peer: Peer) -> None:
    channel(peer, 500)
    channel(peer, 10, 99, "other_news")
    peer.configure(NEWS, {"name": "other", "kind": "channel", "telegram": "other_news"})
    peer.world.due("GetHistory", None, None, None, RpcError(420, "FLOOD_WAIT_3600"))
    results = peer.run()

    assert results["news"].new == 200
    assert "asks to wait 3600 s before GetHistory; 5 s are allowed" in results["news"].error
    assert "asks to wait 3600 s" in results["other"].error
    assert len(peer.server.asked("GetHistory")) == 4, "no request goes out during the wait"
    with peer.open() as database, database.read() as c:
        assert {state.state for state in source_states(c).values()} == {"waiting"}

    results = peer.run()
    assert (results["news"].new, results["other"].new) == (300, 10)
    with peer.open() as database, database.read() as c:
        assert {(state.state, state.failures) for state in source_states(c).values()} == {("ok", 0)}


@pytest.mark.parametrize("fault", [Drop(), Hang(), RpcError(500, "INTERNAL")], ids=["drop", "hang", "500"])
def test_a_broken_line_loses_and_repeats_nothing(peer: Peer, fault: Exception) -> None:
    channel(peer, 500)
    peer.configure(NEWS, timeout_seconds=2)
    peer.world.due("GetHistory", None, None, fault, None, fault)
    result = peer.run()["news"]

    assert (result.new, result.changed, result.unchanged, result.error) == (500, 0, 0, "")
    assert peer.posts("news").keys() == set(range(1, 501))


def test_each_source_is_marked_with_its_reason_and_the_others_go_on(peer: Peer) -> None:
    channel(peer, 10)
    channel(peer, 10, 20, "private").error = "CHANNEL_PRIVATE"
    peer.world.chats[31123] = Chat(31123, None, migrated_to=32)
    moving = channel(peer, 10, 40, "moving")
    moving.messages[11] = types.MessageService(
        id=11, peer_id=types.PeerChannel(40), date=NOW, action=types.MessageActionChatMigrateTo(41)
    )
    renamed = channel(peer, 10, 50, "new_name")
    addresses = {"private": "private", "gone": "nobody_here", "moved": "-31123", "moving": "moving"}
    sources = [{"name": name, "kind": "channel", "telegram": address} for name, address in addresses.items()]
    peer.configure(*sources, NEWS, {"name": "renamed", "kind": "channel", "telegram": "new_name"})
    results = peer.run()

    assert "is private" in results["private"].error
    assert "CHANNEL_PRIVATE" in results["private"].error
    assert "is the name of nobody" in results["gone"].error
    assert "migrated to the supergroup -1000000000032" in results["moved"].error
    assert "migrated to the supergroup -1000000000041" in results["moving"].error
    assert results["moving"].new == 10
    assert (results["news"].new, results["news"].error) == (10, "")
    with peer.open() as database, database.read() as c:
        states = source_states(c)
    assert states["private"].state == states["gone"].state == states["moved"].state == "unavailable"
    assert (states["news"].state, states["news"].reason) == ("ok", "")

    renamed.username = "newest_name"
    result = peer.run()["renamed"]
    assert result.error == ""
    assert "is called @newest_name now" in " ".join(result.notes)
    with peer.open() as database, database.read() as c:
        assert "is called @newest_name now" in source_states(c)["renamed"].reason


def test_another_account_or_another_channel_under_the_name(peer: Peer) -> None:
    chat = channel(peer, 10)
    peer.configure(NEWS)
    peer.run()
    chat.access_hash = 78
    chat.post(11, "Новый")
    result = peer.run()["news"]
    assert (result.new, result.error) == (1, ""), "the name is looked up again"
    chat.username, chat.access_hash = None, 79
    channel(peer, 10, 4321)
    assert "is another channel than the one that this source was read from" in peer.run()["news"].error
    assert peer.posts("news").keys() == set(range(1, 12))


def test_signed_out_and_unreachable_are_told(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    channel(peer, 10)
    peer.configure(NEWS)
    peer.world.signed_in = False
    assert "pikir login" in peer.run()["news"].error
    monkeypatch.delenv("TELEGRAM_API_HASH")
    error = peer.run()["news"].error
    assert "TELEGRAM_API_HASH not set" in error
    assert "https://my.telegram.org" in error


def test_a_killed_run_goes_on_behind_what_was_stored(peer: Peer) -> None:
    channel(peer, 3_000)
    peer.configure(NEWS, pace={"history": 0.05}, overlap=0)
    root = Path(__file__).parents[3]
    script = (
        "import sys\n"
        "from flows.collect import collect_chat\nfrom flows.telegram import Telegram\n"
        "from flows.workspace import open_workspace\n"
        "with open_workspace(sys.argv[1], sys.argv[2]) as w, Telegram(w.settings) as t:\n"
        "    collect_chat(w, t, w.settings.sources[0], print)\n"
    )
    words = [sys.executable, "-c", script, str(peer.place / "configs"), peer.url]
    process = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(root)}, cwd=root)
    deadline = time.monotonic() + 120
    while len(peer.server.asked("GetHistory")) < 8 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    stored = len(peer.posts("news"))
    assert 0 < stored < 3_000
    assert stored % 100 == 0, "a page is stored whole or not at all"

    result = peer.run()["news"]
    assert (result.new, result.changed, result.unchanged) == (3_000 - stored, 0, 0)
    assert peer.posts("news").keys() == set(range(1, 3_001))
