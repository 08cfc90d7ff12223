"""One Prefect server for all flow tests, and a small group chat to run them on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests_support import write_chat


@pytest.fixture(scope="session", autouse=True)
def _prefect(_own_home: None) -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def chat(checkout: Path) -> Path:
    """A checkout whose one source is a group chat of two weeks."""
    write_chat(checkout / "chat.jsonl", range(14))
    sources = "- {name: chat, kind: group, path: chat.jsonl, title: A chat, language: ru, region: Almaty}\n"
    (checkout / "configs" / "sources.yaml").write_text(sources, encoding="utf-8")
    return checkout
