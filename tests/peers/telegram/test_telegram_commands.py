"""`pikir login` and `pikir listen` as a user meets them."""

from __future__ import annotations

from pathlib import Path

import pytest
from telegram_peer import Peer
from telegram_world import Chat
from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession
from typer.testing import CliRunner

from pikir.cli import main
from pikir.cli.app import app

runner = CliRunner()


def test_login_where_the_session_is_signed_in_already(peer: Peer, tmp_path: Path) -> None:
    path = tmp_path / "telegram.session"
    session = SQLiteSession(str(path))
    session.set_dc(2, "127.0.0.1", peer.server.port)
    session.auth_key = AuthKey(peer.server.key)
    session.save()
    session.close()
    peer.configure(session_file=str(path))
    result = runner.invoke(app, ["login", "--config", str(peer.place / "configs")])
    assert result.exit_code == 0, result.output
    assert f"the session is in {path}" in result.stderr.replace("\n", "")


def test_login_without_credentials_tells_the_steps(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TELEGRAM_API_ID")
    monkeypatch.setattr("sys.argv", ["pikir", "login", "--config", str(peer.place / "configs")])
    with pytest.raises(SystemExit) as leaving:
        main()
    told = capsys.readouterr().err
    assert leaving.value.code == 1
    assert "TELEGRAM_API_ID not set" in told
    assert "https://my.telegram.org" in told


def test_listen_reads_everything_first_and_stops_in_time(peer: Peer) -> None:
    chat = Chat(1234, "qala_news")
    for number in range(1, 31):
        chat.post(number, f"Пост {number}")
    peer.world.chats[1234] = chat
    place = ["--config", str(peer.place / "configs"), "--database", peer.url]
    peer.configure({"name": "news", "kind": "channel", "telegram": "qala_news"})
    result = runner.invoke(app, ["listen", "--for", "0.02", *place])
    assert result.exit_code == 0, result.output
    assert "news: 30 new" in result.stderr
    assert len(peer.posts("news")) == 30
