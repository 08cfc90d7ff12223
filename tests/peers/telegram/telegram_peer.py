"""A Telegram on loopback and a checkout that reads it, without a Prefect server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from telegram_wire import Server
from telegram_world import World

from flows.collect import collect_chat
from flows.storing import Collected
from flows.telegram import Telegram
from flows.workspace import open_workspace
from storage.database import Database, open_database
from storage.posts import changed_posts
from storage.records import Post
from storage.tables import metadata

QUICK = {"pace": {"history": 0, "replies": 0, "resolve": 0, "other": 0}, "max_wait_seconds": 5, "timeout_seconds": 5}


@dataclass
class Peer:
    """The server, its world, and a checkout whose one database is read by it."""

    server: Server
    world: World
    place: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.place}/pikir.db"

    def configure(self, *sources: dict[str, object], **telegram: object) -> None:
        """Writes sources.yaml and the telegram part of monitor.yaml."""
        configs = self.place / "configs"
        (configs / "sources.yaml").write_text(yaml.safe_dump(list(sources), allow_unicode=True), encoding="utf-8")
        monitor = yaml.safe_load((configs / "monitor.yaml").read_text(encoding="utf-8"))
        monitor["telegram"] = {**QUICK, **telegram}
        (configs / "monitor.yaml").write_text(yaml.safe_dump(monitor, allow_unicode=True), encoding="utf-8")

    def run(self, notify: Callable[[str], None] = lambda _: None) -> dict[str, Collected]:
        """One run over every source, as the flow does it."""
        with (
            open_workspace(str(self.place / "configs"), self.url) as workspace,
            Telegram(workspace.settings) as telegram,
        ):
            return {form.name: collect_chat(workspace, telegram, form, notify) for form in workspace.settings.sources}

    def open(self) -> Database:
        return open_database(self.url)

    def posts(self, source: str) -> dict[int, Post]:
        """What is stored of a source, by message id; deleted posts among it."""
        with self.open() as database, database.read() as c:
            found = (stored.post for stored in changed_posts(c, 0, 1_000_000))
            return {int(post.native_id): post for post in found if post.source == source}

    def rows(self, table: str) -> list[sa.Row[tuple[object, ...]]]:
        with self.open() as database, database.read() as c:
            return list(c.execute(sa.select(metadata.tables[table])))


@pytest.fixture
def peer(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    """A server with an empty world, to which the environment leads."""
    world = World()
    with Server(world) as server:
        monkeypatch.setenv("TELEGRAM_API_ID", "1")
        monkeypatch.setenv("TELEGRAM_API_HASH", "a" * 32)
        monkeypatch.setenv("TELEGRAM_SESSION", server.session)
        yield Peer(server, world, checkout)
