"""The short form of `pikir benchmark faults`: runs killed at random instants equal an undisturbed one afterwards."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from pikir.cli.app import app


def test_runs_killed_at_random_instants_are_made_up_for() -> None:
    words = ["benchmark", "faults", "--kills", "2", "--posts", "120", "--format", "json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [row["identical"] for row in rows] == [True, True]
