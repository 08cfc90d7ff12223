"""`pikir benchmark collect`: every engine that has a saved page, and a Telegram server in a process of its own."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from pikir.cli.app import app


def test_forums_and_telegram_are_measured_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TELEGRAM_API_ID", "TELEGRAM_API_HASH", "TELEGRAM_SESSION"):
        monkeypatch.setenv(name, "")
    words = ["benchmark", "collect", "--posts", "440", "--messages", "1000", "--format", "json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    rows = {row["what"]: row for row in json.loads(result.stdout)}
    assert len(rows) == 13
    assert rows["Telegram messages stored"]["n"] == 1000
    assert rows["forum posts parsed, all"]["n"] >= 440
    assert all(row["per_processor_second"] > 300 for row in rows.values())
