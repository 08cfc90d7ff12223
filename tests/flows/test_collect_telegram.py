"""The collect flow over Telegram sources: their waits in the run, and `pikir sources` telling the truth."""

from __future__ import annotations

import json

import pytest
from telegram_peer import Peer, peer
from telegram_wire import RpcError
from telegram_world import Chat
from typer.testing import CliRunner

from flows.collect import collect
from pikir.cli.app import app

__all__ = ["peer"]


def test_every_source_is_read_and_told_about(peer: Peer, caplog: pytest.LogCaptureFixture) -> None:
    chat, closed = Chat(1234, "qala_news"), Chat(5, "closed", error="CHANNEL_PRIVATE")
    for number in (*range(1, 151), *range(161, 201)):
        chat.post(number, f"Пост {number}")
    peer.world.chats.update({1234: chat, 5: closed})
    peer.configure(
        {"name": "closed", "kind": "channel", "telegram": "closed"},
        {"name": "news", "kind": "channel", "telegram": "@qala_news"},
        {"name": "off", "kind": "channel", "telegram": "@off_news", "enabled": False},
    )
    peer.world.due("GetHistory", None, None, RpcError(420, "FLOOD_WAIT_1"))
    place = {"config": str(peer.place / "configs"), "database": peer.url}
    results = {result.source: result for result in collect(**place)}
    said = [line.message for line in caplog.records if line.name.startswith("prefect.task_runs")]
    assert any("collect news: Telegram asked to wait 1 s before GetHistory" in line for line in said), said

    assert results.keys() == {"closed", "news"}
    assert (results["news"].new, results["news"].error) == (190, "")
    words = ["sources", "--format", "json", "--config", place["config"], "--database", place["database"]]
    listed = {row["source"]: row for row in json.loads(CliRunner().invoke(app, words).stdout)}
    news = listed["news"]
    assert (news["posts"], news["unknown"], news["deleted"], news["state"]) == (190, 10, 0, "ok")
    assert news["seen"] == 0.95
    assert 0 <= news["lag"] < 1
    assert listed["closed"]["state"] == "unavailable"
    assert "CHANNEL_PRIVATE" in listed["closed"]["reason"]
    assert listed["closed"]["lag"] is None
