"""What holds for the whole repository: no secrets, no formats that run code, no SQL put together by hand, a lock."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
ROOMS = (
    "alerts",
    "analysis",
    "collectors",
    "configs",
    "dashboard",
    "evals",
    "flows",
    "fuzz",
    "models",
    "pikir",
    "storage",
)
_LARGEST = 2_000_000

SECRETS = {
    "a private key": re.compile(r"-----BEGIN (?:RSA |EC |OPENSSH |DSA |PGP )?PRIVATE KEY"),
    "a key of AWS": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})"),
    "a token of Slack": re.compile(r"\bxox[abposr]-[A-Za-z0-9-]{20,}"),
    "a key of Google": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "a token of PyPI": re.compile(r"\bpypi-[A-Za-z0-9_-]{50,}"),
    "a token of Hugging Face": re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"),
    "a bot of Telegram": re.compile(r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b"),
    "an api_hash of Telegram": re.compile(r"(?i)api_hash['\"]?\s*[=:]\s*['\"]?[0-9a-f]{32}\b"),
    "a session of Telethon": re.compile(r"\b1[A-Za-z0-9_-]{300,}={0,2}(?![A-Za-z0-9_-])"),
    "a password in an address": re.compile(r"\bpostgres(?:ql)?://[^\s:/@]+:(?!password\b|s[e3]cret\b|\*|…)[^\s@]{6,}@"),
}


def tracked() -> list[Path]:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git, or no checkout: there is no list of the repository's files")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        if path.stat().st_size <= _LARGEST:
            try:
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """File and line, dotted name, and call, of all calls in our own code."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", ast.unparse(node.func), node


def test_no_file_holds_a_secret() -> None:
    found = [f"{name}: {what}" for name, text in texts() for what, one in SECRETS.items() if one.search(text)]
    assert found == []


def test_the_patterns_find_secrets() -> None:
    made = {
        "a private key": "-----BEGIN " + "PRIVATE KEY-----",
        "a key of AWS": "AKIA" + "A" * 16,
        "a token of GitHub": "ghp_" + "a" * 36,
        "a bot of Telegram": "123456789:AA" + "b" * 33,
        "an api_hash of Telegram": "api_hash = '" + "0af" * 10 + "00'",
        "a password in an address": "postgresql://pikir:" + "hunter22@db/pikir",
    }
    for what, text in made.items():
        assert SECRETS[what].search(text), what
    assert not SECRETS["a password in an address"].search("postgresql://user:password@host/pikir")


def test_nothing_reads_a_format_that_can_run_code() -> None:
    forbidden = re.compile(
        r"(^|\.)(pickle|cPickle|dill|joblib|shelve|marshal)\.loads?$|^torch\.(load|jit\.load|hub\.load)$"
        r"|^yaml\.(load|load_all|unsafe_load|full_load)$|^(eval|exec|compile|__import__)$|^os\.(system|popen)$"
    )
    found = [(where, name) for where, name, _ in calls() if forbidden.search(name)]
    assert found == []


def test_arrays_are_read_without_pickles() -> None:
    for where, name, call in calls():
        if re.search(r"^(np|numpy)\.load$", name):
            given = {one.arg: ast.unparse(one.value) for one in call.keywords}
            assert given.get("allow_pickle") == "False", where


def test_yaml_is_loaded_safely() -> None:
    """`yaml.load` itself is forbidden above; what reads events and nodes builds nothing but what SafeLoader does."""
    for where, name, call in calls():
        if name.startswith("yaml.") and name.split(".")[-1] in ("parse", "scan", "compose", "compose_all"):
            assert "Safe" in ast.unparse(call), where
    for name, text in texts():
        if name.endswith(".py") and not name.startswith("tests/"):
            assert not re.search(r"yaml\.(Full|Unsafe|C?)Loader\b", text), name


def test_no_process_is_started_by_a_shell() -> None:
    for where, _, call in calls():
        assert not any(one.arg == "shell" and ast.unparse(one.value) == "True" for one in call.keywords), where


def test_weights_in_the_repository_are_safetensors_alone() -> None:
    bad = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".joblib", ".ckpt", ".npy", ".npz", ".h5"}
    assert [str(path) for path in tracked() if path.suffix in bad and "tests/data" not in str(path)] == []


def test_sql_that_is_put_together_is_of_constants_alone() -> None:
    """Ruff's S608 finds SQL made of pieces. Where it is silenced, the pieces are names of our own tables or letters."""
    lines = subprocess.run(
        ["git", "grep", "-n", "S608", "--", "*.py"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    files = {line.split(":")[0] for line in lines} - {"tests/test_house.py"}
    assert files <= {
        "storage/migrations/versions/0007_dashboard.py",  # letters to fold, a constant
        "storage/migrations/versions/0011_reports_and_views.py",  # the text of views: constants of that file
        "storage/migrations/versions/0012_index_of_words.py",  # letters to fold, constants of that file
        "storage/migrations/versions/0013_beside_every_number.py",  # the text of views: constants of that file
        "storage/bulk.py",  # names of our own tables and columns, quoted by the dialect
    }


def test_every_test_that_the_security_page_names_is_there() -> None:
    there = {
        name for path in ROOT.glob("tests/**/test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    for name in re.findall(r"`(test_[a-z0-9_]+…?)`", page):
        assert any(one.startswith(name[:-1]) if name.endswith("…") else one == name for one in there), name
    for file in re.findall(r"`([a-z]*/?test_[a-z0-9_]+\.py)`", page):
        assert (ROOT / "tests" / file).exists(), file
    (listed,) = re.findall(r"^## OWASP ASVS.*?\n\|---.*?\n(.*?)\n\n", page, re.M | re.S)
    for row in listed.splitlines():
        assert "`test_" in row or "**no**" in row, row


PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[\w+\])?==([^\s;]+)", re.M)


def canonical(pins: list[tuple[str, str]]) -> dict[str, str]:
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pins}


def test_the_lock_has_a_hash_for_all_that_is_pinned() -> None:
    """What production installs: each at the version that is tested, with hashes; torch comes from another index."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = canonical(PIN.findall(text))
    for one in re.split(r"\n(?=\S)", text):
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", one), one
    pinned = canonical(PIN.findall((ROOT / "constraints.txt").read_text(encoding="utf-8")))
    assert {name: version for name, version in locked.items() if pinned.get(name, version) != version} == {}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["cluster"]]
    wanted = canonical([(re.split(r"[\[<=]", one)[0], "") for one in asked])
    assert wanted.keys() - locked.keys() == {"torch"}


def test_no_pinned_version_needs_a_newer_python_than_we_do() -> None:
    for name, version in PIN.findall((ROOT / "constraints.txt").read_text(encoding="utf-8")):
        try:
            told = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        if told["Version"] == version and "Requires-Python" in told:
            needed = told["Requires-Python"]
            assert SpecifierSet(needed).contains("3.11.0"), f"{name} {version} needs Python {needed}"


def test_nothing_is_told_to_anybody() -> None:
    script = (
        "import os, sys, flows, models.quantise\n"
        "print(os.environ['DO_NOT_TRACK'], os.environ['PREFECT_SERVER_ANALYTICS_ENABLED'],"
        " sys.modules['openvino_telemetry'])"
    )
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PREFECT_HOME": os.environ["PREFECT_HOME"]}
    told = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["1", "false", "None"]
