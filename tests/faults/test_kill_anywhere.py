"""The short form of `pikir benchmark faults`: a run killed at a random instant equals an undisturbed one afterwards."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from pikir.cli.app import app


def test_a_run_killed_at_a_random_instant_is_made_up_for() -> None:
    words = ["benchmark", "faults", "--kills", "1", "--posts", "60", "--format", "json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [row["identical"] for row in rows] == [True]
