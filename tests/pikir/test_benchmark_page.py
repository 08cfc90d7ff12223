"""The benchmark of the page runs against a real server: every route is answered, while a run writes."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pikir.benchmarks import page
from pikir.benchmarks.page_routes import ROUTES
from pikir.cli.app import app

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory and processor time are read from /proc")


def test_every_route_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "_ALONE", 2)
    monkeypatch.setattr(page.page_store, "PERIODS", ("week",))
    options = ["--opinions", "1000", "--readers", "3", "--seconds", "2", "--pause", "0", "--keep", str(tmp_path)]
    result = CliRunner().invoke(app, ["benchmark", "page", *options, "--format", "json"])
    assert result.exit_code == 0, result.output
    rows = {row["route"]: row for row in json.loads(result.stdout)}
    assert [one.name for one in ROUTES] == list(rows)[: len(ROUTES)]
    assert sum(row["n"] for row in rows.values() if row["kind"] in ("page", "chart", "api")) > 5
    assert 50 < rows["memory of the server, MB at its peak"]["n"] < 400
    assert rows["posts written meanwhile"]["n"] >= 200
    refused = CliRunner().invoke(app, ["benchmark", "page", "--opinions", "2000", "--database",
                                       f"sqlite:///{tmp_path}/page-1000.db"])  # fmt: skip
    assert refused.exit_code == 1
    assert "give an empty database" in str(refused.exception)
