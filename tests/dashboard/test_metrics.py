"""/metrics: only where it is configured, and to whom may read the page."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from configs.loading import load
from configs.observation import MetricsSettings
from configs.settings import Settings
from dashboard.app import create_app
from storage.database import Database
from storage.users import User, add_token, write_user


def observed() -> Settings:
    settings = load()
    monitor = settings.monitor.model_copy(update={"metrics": MetricsSettings(dashboard=True)})
    return settings.model_copy(update={"monitor": monitor})


def test_it_is_not_there_unless_it_is_configured(page: TestClient) -> None:
    assert page.get("/metrics").status_code == 404


def test_the_figures_are_as_prometheus_reads_them(database: Database) -> None:
    with TestClient(create_app(observed(), database, local=True), base_url="http://localhost") as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {one.name: one for one in text_string_to_metric_families(answer.text)}
    opinions = {(s.labels["target"], s.labels["stance"]): s.value for s in families["pikir_opinions"].samples}
    assert opinions == {("migrants", "against"): 4.0}
    assert families["pikir_alerts"].samples[0].labels == {"kind": "opinion", "state": "open"}
    wanted = {"posts", "source_lag_seconds", "flood_wait_seconds", "runs", "flow_last_duration_seconds", "outbox"}
    assert {f"pikir_{name}" for name in wanted} <= set(families)
    assert "secret" not in answer.text


def test_where_there_are_users_it_takes_a_token(database: Database) -> None:
    with database.write() as c:
        write_user(c, User("prometheus", "viewer", "no password"))
        add_token(c, "a-secret-key", "prometheus", "scraper")
    with TestClient(create_app(observed(), database, local=True), base_url="http://localhost") as client:
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"authorization": "Bearer a-secret-key"}).status_code == 200
