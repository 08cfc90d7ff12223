"""prefect.yaml, compose.yaml, Dockerfile and systemd units, each as far as it can be checked without its daemon."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cronsim import CronSim

ROOT = Path(__file__).parent.parent.parent
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


DEPLOYMENTS = read("prefect.yaml")["deployments"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=[one["name"] for one in DEPLOYMENTS])
def test_every_deployment_names_a_flow_that_takes_its_parameters(deployment: dict[str, Any]) -> None:
    import importlib

    from prefect import Flow

    path, _, name = deployment["entrypoint"].partition(":")
    flow = getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name)
    assert isinstance(flow, Flow)
    allowed = flow.parameters.properties
    for parameter, value in deployment.get("parameters", {}).items():
        choices = [one.get("enum", ()) for one in allowed[parameter].get("anyOf", [allowed[parameter]])]
        assert any(value in choice for choice in choices), f"{parameter}={value!r}: {choices}"
    for schedule in deployment["schedules"]:
        assert next(CronSim(schedule["cron"], dt.datetime.now(dt.UTC)))


def test_the_deployments_are_what_prefect_reads_and_no_two_are_alike() -> None:
    from prefect.cli.deploy._models import PrefectYamlModel

    model = PrefectYamlModel.model_validate(read("prefect.yaml"))
    assert len(model.deployments) == len({one.name for one in model.deployments})
    assert {one.work_pool.name for one in model.deployments if one.work_pool} == {"pikir", "pikir-collect"}


def test_an_entrypoint_is_loaded_as_a_worker_loads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.flows import load_flow_from_entrypoint

    monkeypatch.chdir(ROOT)
    assert load_flow_from_entrypoint("flows/deliver.py:deliver").name == "deliver"


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read("compose.yaml")["services"]
    return found


def test_compose_is_as_the_specification_says() -> None:
    schema = json.loads((ROOT / "tests/data/deploy/compose_spec.json").read_text(encoding="utf-8"))
    document = read("compose.yaml")
    assert document.pop("name") == "pikir", "a key younger than the schema"
    jsonschema.Draft7Validator(schema).validate(document)


@pytest.mark.parametrize("name", services())
def test_every_container_is_pinned_unprivileged_watched_and_on_loopback(name: str) -> None:
    service = services()[name]
    image, _, tag = service["image"].rpartition(":")
    assert image, "an image without a tag"
    assert re.fullmatch(r"\d+\.\d+.*", tag)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), "not root, by number"
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert "healthcheck" in service or name == "serve", "the image's own check serves"
    for key, value in service.get("environment", {}).items():
        secret = re.search("PASSWORD|TOKEN|HASH|DATABASE$|MAIL|WEBHOOK|TELEGRAM", key)
        assert not secret or str(value).startswith(("${", "/run/secrets/")), (
            f"{key} must come from a file or the environment"
        )


def test_what_a_container_waits_for_is_there() -> None:
    known = services()
    document = read("compose.yaml")
    for name, service in known.items():
        assert set(service.get("depends_on", ())) <= set(known), name
        assert set(service.get("networks", ())) <= set(document["networks"]), name
        assert set(service.get("secrets", ())) <= set(document["secrets"]), name


def test_docker_itself_reads_the_file(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip(
            "docker compose is not installed; the file is checked against the Compose schema in the test before"
        )
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    told = subprocess.run(
        [docker, "compose", "-f", str(tmp_path / "compose.yaml"), "config", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert told.returncode == 0, told.stderr


def test_the_image_runs_as_nobody_special_and_offline() -> None:
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    known = "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN SHELL STOPSIGNAL USER VOLUME WORKDIR"
    assert {word for word, _ in lines} <= set(known.split())
    last = [rest for word, rest in lines if word == "USER"][-1]
    assert last == "10001:10001"
    images = [rest.split()[0] for word, rest in lines if word == "FROM"]
    assert len(images) == 2
    assert all(re.search(r":\d+\.\d+\.\d+", image) for image in images)
    assert "HF_HUB_OFFLINE=1" in text
    for word, rest in lines:
        if word == "COPY" and "--from" not in rest:
            assert all((ROOT / source).exists() for source in rest.split()[:-1])


def test_secrets_come_from_files(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text('postgresql://pikir:a"b$c d@database/pikir\n', encoding="utf-8")
    environ = {"PATH": os.environ["PATH"], "PIKIR_DATABASE_FILE": str(secret), "OTHER_FILE": "/nowhere"}
    told = subprocess.run(
        [str(ROOT / "deploy/with-secrets"), "sh", "-c", 'printf %s "$PIKIR_DATABASE"'],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == 'postgresql://pikir:a"b$c d@database/pikir'


@pytest.mark.parametrize("unit", UNITS, ids=[unit.name for unit in UNITS])
def test_a_unit_is_hardened_and_systemd_understands_it(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "User=pikir", "CapabilityBoundingSet=", "UMask=0077"):
        assert f"\n{line}\n" in text
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("units are checked by systemd-analyze, which only a machine with systemd has")
    # The program that it starts is not installed here: another stands in for it.
    copy = tmp_path / unit.name
    copy.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={shutil.which('true')}", text, flags=re.M), encoding="utf-8")
    told = subprocess.run([analyze, "verify", str(copy)], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
