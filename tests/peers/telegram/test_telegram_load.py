"""A hundred thousand messages: every one of them stored, once. How fast, `telegram_load.py` says."""

from __future__ import annotations

from pathlib import Path

import pytest
from telegram_load import measure


@pytest.mark.slow
def test_a_hundred_thousand_messages_are_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TELEGRAM_API_ID", "TELEGRAM_API_HASH", "TELEGRAM_SESSION"):
        monkeypatch.setenv(name, "")
    stored, _, _ = measure(100_000, tmp_path)
    assert stored == 100_000
