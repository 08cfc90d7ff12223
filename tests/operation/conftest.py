"""A store, settings with a schedule, and a webhook on the loopback that operators are told through."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from operating import Configure, Operator

from configs.loading import load
from configs.settings import Settings
from storage.database import Database, open_database


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    server = Operator()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    monkeypatch.setenv("TEST_OPERATOR", f"json://127.0.0.1:{server.server_port}/")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def configure(checkout: Path) -> Configure:
    """Writes a schedule (YAML) into the checkout, with a webhook for the operator, and reads the settings."""

    def write(schedule: str = "{deliver: every 1h}", zone: str = "Asia/Almaty", more: str = "") -> Settings:
        configs = checkout / "configs"
        (configs / "monitor.yaml").write_text(
            f"timezone: {zone}\ndatabase: sqlite:///pikir.db\nschedule: {schedule}\n{more}", encoding="utf-8"
        )
        (configs / "alerts.yaml").write_text(
            "recipients: [{name: duty, url_env: TEST_OPERATOR}]\noperator: {recipients: [duty]}\n", encoding="utf-8"
        )
        return load(configs)

    return write


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "pikir.db"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def store(checkout: Path, migrated: Path) -> Iterator[Database]:
    shutil.copy(migrated, checkout / "pikir.db")
    with open_database(f"sqlite:///{checkout}/pikir.db") as opened:
        yield opened
