"""What every test shares: no Prefect analytics, caches and keys in temporary places."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A key of its own and a Prefect home of its own: tests touch nothing of the person who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIKIR_PSEUDONYM_KEY", "a-key-for-tests-only-0123456789abcdef")
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        patch.delenv("PIKIR_CONFIG", raising=False)
        patch.delenv("PIKIR_DATABASE", raising=False)
        yield


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the real configuration and no sources, whose relative paths lie inside it."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (tmp_path / "configs" / "sources.yaml").write_text("# none\n", encoding="utf-8")
    return tmp_path
