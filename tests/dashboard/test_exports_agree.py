"""The notebook, the report and the export tell the numbers of the API."""

from pathlib import Path

import polars as pl
import pytest
from starlette.testclient import TestClient

import pikir
from dashboard.report import report
from dashboard.state import State
from pikir.parquet import export_results
from storage.database import Database


def test_notebook_report_and_export_agree_with_the_api(page: TestClient, database: Database, tmp_path: Path) -> None:
    api = page.get("/api/v1/trends/migrants").json()["rows"]
    with pikir.open(database=f"sqlite:///{tmp_path / 'page.db'}") as monitor:
        frame = monitor.trends("migrants")
        assert frame["share"].to_list() == [row["share"] for row in api]
        assert monitor.chart("migrants").to_dict()["layer"]
        assert monitor.posts("migrants", words="мигранты").height == 4
        assert monitor.sql("SELECT count(*) AS n FROM posts")["n"].to_list() == [4]
        with pytest.raises(KeyError):
            monitor.trends("nobody")
    with database.read() as c:
        export_results(c, tmp_path / "out")
    stored = pl.read_parquet(tmp_path / "out" / "trends.parquet")
    assert stored["share"].to_list() == [row["share"] for row in api]
    html = report(State(pikir_settings(), database, local=True), "2022-W40", "en")
    assert "55%" in html
    assert 'src="http' not in html
    assert "<script" not in html


def pikir_settings():  # type: ignore[no-untyped-def]
    from configs.loading import load

    return load()
